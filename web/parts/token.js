// The secret of --rpc-token, where the daemon asks for one: kept until the tab
// is closed.
import { html, useState } from "../vendor/preact/standalone.module.js";
import { setToken } from "../core/rpc.js";

export const needsToken = (error) => /--rpc-token/.test(error?.message ?? "");

export function TokenForm() {
  const [kept, set] = useState(false);
  const submit = (event) => {
    event.preventDefault();
    setToken(new FormData(event.target).get("token").trim());
    set(true);
  };
  return html`<form class="inline-form token" onSubmit=${submit}><label for="token">Token</label>
    <input id="token" name="token" type="password" autocomplete="off" required /><button type="submit">Keep</button>
    ${kept && html`<span role="status">Kept. Try again.</span>`}</form>`;
}
