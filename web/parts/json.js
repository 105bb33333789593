// JSON as indented text, its kinds of value in colours. Long ones are cut.
import { html } from "../vendor/preact/standalone.module.js";
import { digits, visible } from "../core/format.js";

const LINES_MAX = 2000;
const STRING_MAX = 4000;

// Lines of pieces: [class, text].
function linesOf(value) {
  const lines = [[]];
  const put = (kind, text) => lines.at(-1).push([kind, text]);
  const next = (depth) => lines.push([["", "  ".repeat(depth)]]);
  const walk = (item, depth) => {
    if (lines.length > LINES_MAX) return;
    if (item === null || typeof item !== "object") return put(item === null ? "null" : typeof item, textOf(item));
    const isList = Array.isArray(item);
    const entries = Object.entries(item);
    put("", isList ? "[" : "{");
    entries.forEach(([key, inner], i) => {
      if (lines.length > LINES_MAX) return;
      next(depth + 1);
      if (!isList) put("key", `${visible(JSON.stringify(key))}: `);
      walk(inner, depth + 1);
      if (i < entries.length - 1) put("", ",");
    });
    if (entries.length) next(depth);
    put("", isList ? "]" : "}");
  };
  walk(value, 0);
  return lines;
}

function textOf(item) {
  const text = JSON.stringify(item);
  return visible(text.length > STRING_MAX ? `${text.slice(0, STRING_MAX)}… ${digits(text.length)} characters` : text);
}

export function Json({ value }) {
  const lines = linesOf(value);
  return html`<pre class="json" tabindex="0">${lines.slice(0, LINES_MAX).map((line, i) => html`<div
    key=${i}>${line.map(([kind, text]) => (kind ? html`<span class=${`json-${kind}`}>${text}</span>` : text))}</div>`)}
    ${lines.length > LINES_MAX && html`<div class="faint">…</div>`}</pre>`;
}
