// Asks for the access token until the server accepts it.

import { getJson, setToken } from "../server.js";

const $ = (id) => document.getElementById(id);

// Resolves once the token is accepted.
export function askToken() {
  return new Promise((accepted) => {
    const dialog = $("ask-token");
    dialog.addEventListener("cancel", (event) => event.preventDefault()); // without a token the page can do nothing
    $("token-form").addEventListener("submit", async (event) => {
      event.preventDefault();
      setToken($("token").value.trim());
      $("error-token").textContent = "";
      try {
        await getJson("/v1/models");
      } catch (error) {
        $("error-token").textContent = error.status === 401 ? "This token is wrong; copy it from the server's terminal." : error.message;
        return $("token").select();
      }
      dialog.close();
      accepted();
    });
    dialog.showModal();
  });
}
