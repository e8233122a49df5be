// Requests to the server: the token, JSON requests, and WebSockets that reconnect.

const TOKEN_KEY = "hondo-token";
export const isLocal = ["127.0.0.1", "localhost", "[::1]"].includes(location.hostname); // no need to compress

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
export const storedToken = () => sessionStorage.getItem(TOKEN_KEY);

export async function get(path) {
  const headers = storedToken() ? { Authorization: `Bearer ${storedToken()}` } : {};
  const response = await fetch(path, { headers });
  if (!response.ok) {
    const body = await response.json().catch(() => ({ error: response.statusText }));
    throw Object.assign(new Error(body.error), { status: response.status });
  }
  return response;
}

export const getJson = async (path) => (await get(path)).json();

// Opens a WebSocket at `address()`. Callbacks in `on`: open, message (ArrayBuffer or parsed JSON) and closed. A lost
// connection is retried with back-off until `close()`.
export function connect(address, on) {
  let socket, timer, isClosed = false, wait = 500;
  const open = () => {
    const protocols = storedToken() ? ["hondo-v1", `hondo-token-${storedToken()}`] : ["hondo-v1"];
    const path = address();
    const deflate = isLocal ? "" : `${path.includes("?") ? "&" : "?"}deflate=true`;
    socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${path}${deflate}`, protocols);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => on.open?.();
    socket.onmessage = (event) => {
      wait = 500;
      on.message(typeof event.data === "string" ? JSON.parse(event.data) : event.data);
    };
    socket.onclose = () => {
      if (isClosed) return;
      on.closed?.();
      timer = setTimeout(open, wait);
      wait = Math.min(8000, 2 * wait);
    };
  };
  open();
  return {
    send: (data) => socket.readyState === WebSocket.OPEN && socket.send(data),
    close: () => { isClosed = true; clearTimeout(timer); socket.close(); },
  };
}
