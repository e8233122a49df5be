// The routes of the service, shown by Swagger UI. The token that the viewer has stored is used here too.

import { storedToken } from "./server.js";

const ui = globalThis.SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#swagger",
  deepLinking: true,
  validatorUrl: null, // no other server is asked
  onComplete: () => { if (storedToken()) ui.preauthorizeApiKey("token", storedToken()); },
});
