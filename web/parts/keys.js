// The keyboard: "g" and a letter goes to a page, "/" searches, "?" lists them.
import { html, useEffect, useRef } from "../vendor/preact/standalone.module.js";
import { Icon } from "./icons.js";
import { go } from "../core/router.js";
import { toggleTheme } from "./theme_button.js";

const GO_MS = 1200;
const typing = (target) => target.closest?.("input, textarea, select, [contenteditable]");

export function useKeys(places, help) {
  useEffect(() => {
    let goUntil = 0;
    const single = {
      "/": () => document.getElementById("search").focus(),
      "?": help,
      t: toggleTheme,
      g: () => { goUntil = Date.now() + GO_MS; },
    };
    const listener = (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector("dialog[open]")) return;
      const place = Date.now() < goUntil && places.find(([, , key]) => key === event.key);
      goUntil = 0;
      if (!place && !single[event.key]) return;
      event.preventDefault();
      if (place) go(place[0]);
      else single[event.key]();
    };
    addEventListener("keydown", listener);
    return () => removeEventListener("keydown", listener);
  }, []);
}

const Key = ({ children }) => html`<kbd>${children}</kbd>`;

export function Keys({ places, open, close }) {
  const dialog = useRef(null);
  useEffect(() => {
    if (open && !dialog.current.open) dialog.current.showModal();
    if (!open && dialog.current.open) dialog.current.close();
  }, [open]);
  return html`<dialog class="keys" ref=${dialog} onClose=${close} aria-labelledby="keys-title">
    <header><h2 id="keys-title">Keys</h2><button type="button" class="icon-button" aria-label="Close" onClick=${close}>
      <${Icon} name="close" /></button></header>
    <dl>
      <div><dt><${Key}>/<//></dt><dd>Search</dd></div>
      <div><dt><${Key}>t<//></dt><dd>Light or dark</dd></div>
      <div><dt><${Key}>?<//></dt><dd>This list</dd></div>
      ${places.map(([page, name, key]) => html`<div key=${page}><dt><${Key}>g<//> <${Key}>${key}<//></dt><dd>${name}</dd></div>`)}
    </dl></dialog>`;
}
