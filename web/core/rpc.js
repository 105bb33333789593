// JSON-RPC to the daemon that served this page.

const TIMEOUT_MS = 20000;
const BATCH_MAX = 500;
let lastId = 0;

// The daemon's answer is an error.
export class RpcError extends Error {
  constructor({ code, message, data }) {
    super(message);
    this.name = "RpcError";
    this.code = code;
    this.data = typeof data === "string" ? data : data?.data ?? null;
  }
}

// There is no answer.
export class Unreachable extends Error {
  constructor(reason) {
    super(reason);
    this.name = "Unreachable";
  }
}

const TOKEN = "loft.token";

const headers = (token) => ({ "Content-Type": "application/json", ...(token ? { Authorization: `Bearer ${token}` } : {}) });

const request = (method, params) => ({ jsonrpc: "2.0", id: ++lastId, method, params });

async function post(body, token = sessionStorage.getItem(TOKEN)) {
  let response;
  try {
    response = await fetch("/", {
      method: "POST",
      headers: headers(token),
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (error) {
    throw new Unreachable(error.name === "TimeoutError" ? "the daemon takes too long" : "the daemon does not answer");
  }
  if (response.status === 401) {
    // The request may be older than the token that is kept now.
    if (token === sessionStorage.getItem(TOKEN)) sessionStorage.removeItem(TOKEN);
    throw new RpcError({ code: 401, message: "the token is not that of --rpc-token" });
  }
  if (!response.ok) throw new Unreachable(`the daemon answers ${response.status}`);
  try {
    return await response.json();
  } catch {
    throw new Unreachable("the daemon's answer is cut off");
  }
}

// Keeps what --rpc-token asks for until the tab is closed; throws where the
// daemon says that it is something else.
export async function keepToken(token) {
  await post(request("web3_clientVersion", []), token);
  sessionStorage.setItem(TOKEN, token);
}

const unwrap = (answer) => (answer.error ? new RpcError(answer.error) : answer.result);

export async function call(method, ...params) {
  const answer = unwrap(await post(request(method, params)));
  if (answer instanceof RpcError) throw answer;
  return answer;
}

async function batchOnce(calls) {
  const requests = calls.map(([method, ...params]) => request(method, params));
  const answers = await post(requests);
  if (!Array.isArray(answers)) throw answers?.error ? new RpcError(answers.error) : new Unreachable("no batch answered");
  const byId = new Map(answers.map((answer) => [answer.id, answer]));
  return requests.map(({ id }) => unwrap(byId.get(id) ?? { error: { code: 0, message: "not answered" } }));
}

// batch([["eth_chainId"], ["eth_getBalance", who, "latest"]]): for each its
// result, or an RpcError as a value.
export async function batch(calls) {
  const results = [];
  for (let at = 0; at < calls.length; at += BATCH_MAX)
    results.push(...(await batchOnce(calls.slice(at, at + BATCH_MAX))));
  return results;
}

// The same for results that must all be there.
export async function batchAll(calls) {
  const results = await batch(calls);
  const failure = results.find((result) => result instanceof RpcError);
  if (failure) throw failure;
  return results;
}

// The exchange as it is on the wire, for the playground.
export async function exchange(method, params) {
  const body = request(method, params);
  const began = performance.now();
  const answer = await post(body);
  return { request: body, answer, milliseconds: performance.now() - began };
}
