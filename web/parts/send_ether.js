// Ether from the chosen account to an address.
import { html, useState } from "../vendor/preact/standalone.module.js";
import { Card } from "./basic.js";
import { SignerField } from "./signer.js";
import { isBusy, Sending, useSending } from "./sending.js";
import { readValue, ValueField } from "./inputs.js";

export function SendEther({ to }) {
  const [open, setOpen] = useState(false);
  const [value, setValue] = useState("");
  const [state, run] = useSending();
  const submit = (event) => {
    event.preventDefault();
    run(async () => ({ to, value: readValue(value) ?? "0x0" }));
  };
  if (!open) return html`<div class="buttons lone">
    <button type="button" onClick=${() => setOpen(true)}>Send ether here</button></div>`;
  return html`<${Card} title="Send ether here"><form class="fields" onSubmit=${submit}><${SignerField} id="ether-signer" />
    <${ValueField} id="ether-value" value=${value} set=${setValue} />
    <button type="submit" class="primary" disabled=${isBusy(state)}>Send</button></form><${Sending} state=${state} /><//>`;
}
