// The secret of --rpc-token, where the daemon asks for one: kept until the tab
// is closed.
import { html, useState } from "../vendor/preact/standalone.module.js";
import { keepToken } from "../core/rpc.js";

export const needsToken = (error) => /--rpc-token/.test(error?.message ?? "");

export function TokenForm() {
  const [told, tell] = useState("");
  const submit = async (event) => {
    event.preventDefault();
    const token = new FormData(event.target).get("token").trim();
    tell("");
    tell(await keepToken(token).then(() => "Kept. Try again.", (error) => `Not kept: ${error.message}.`));
  };
  return html`<form class="inline-form token" onSubmit=${submit}><label for="token">Token</label>
    <input id="token" name="token" type="password" autocomplete="off" required /><button type="submit">Keep</button>
    <span role="status">${told}</span></form>`;
}
