// Talking to the server: the token, JSON requests, and WebSockets that come back after a break.

const TOKEN_KEY = "hondo-token";
export const isNear = ["127.0.0.1", "localhost", "[::1]"].includes(location.hostname); // bytes cost nothing

export function takeTokenFromAddress() {
  const given = new URLSearchParams(location.hash.slice(1));
  if (given.get("token")) {
    sessionStorage.setItem(TOKEN_KEY, given.get("token"));
    given.delete("token");
    history.replaceState(null, "", location.pathname + (given.size ? `#${given}` : ""));
  }
  return given;
}

export const setToken = (token) => sessionStorage.setItem(TOKEN_KEY, token);
const token = () => sessionStorage.getItem(TOKEN_KEY);

export async function get(path) {
  const headers = token() ? { Authorization: `Bearer ${token()}` } : {};
  const response = await fetch(path, { headers });
  if (!response.ok) {
    const told = await response.json().catch(() => ({ error: response.statusText }));
    throw Object.assign(new Error(told.error), { status: response.status });
  }
  return response;
}

export const getJson = async (path) => (await get(path)).json();

// Opens a WebSocket at what `address()` gives; `on` has open, message (ArrayBuffer or parsed JSON) and closed. It tries
// again, ever more seldom, until `close()`.
export function connect(address, on) {
  let socket, timer, isOver = false, wait = 500;
  const open = () => {
    const protocols = token() ? ["hondo-v1", `hondo-token-${token()}`] : ["hondo-v1"];
    const path = address();
    const deflate = isNear ? "" : `${path.includes("?") ? "&" : "?"}deflate=true`;
    socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${path}${deflate}`, protocols);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => on.open?.();
    socket.onmessage = (event) => {
      wait = 500;
      on.message(typeof event.data === "string" ? JSON.parse(event.data) : event.data);
    };
    socket.onclose = () => {
      if (isOver) return;
      on.closed?.();
      timer = setTimeout(open, wait);
      wait = Math.min(8000, 2 * wait);
    };
  };
  open();
  return {
    send: (data) => socket.readyState === WebSocket.OPEN && socket.send(data),
    close: () => { isOver = true; clearTimeout(timer); socket.close(); },
  };
}
