// Light, dark, or as the system has it.
import { html, useState } from "../vendor/preact/standalone.module.js";
import { Icon } from "./icons.js";

const isDark = () => {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
};

export function toggleTheme() {
  const theme = isDark() ? "light" : "dark";
  document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem("loft.theme", theme);
  } catch {
    // It holds until the page is loaded again.
  }
  dispatchEvent(new Event("loft:theme"));
}

export function ThemeButton() {
  const [, redraw] = useState(0);
  const dark = isDark();
  const name = dark ? "Light theme" : "Dark theme";
  return html`<button type="button" class="icon-button" aria-label=${name} title=${`${name} (t)`}
    onClick=${() => { toggleTheme(); redraw((n) => n + 1); }}><${Icon} name=${dark ? "sun" : "moon"} /></button>`;
}
