// A list of which only what is seen is in the page, so that a hundred thousand
// rows are as quick as ten. It scrolls with the page.
import { Component, html, useEffect, useLayoutEffect, useRef, useState } from "../vendor/preact/standalone.module.js";

const BEYOND = 8; // rows kept above and below
const PIXELS_MAX = 16_000_000; // browsers draw no more

class Kept extends Component {
  shouldComponentUpdate(next) {
    return next.data !== this.props.data;
  }

  render({ draw }) {
    return draw();
  }
}

function rangeOf(list, count, height) {
  const top = list.getBoundingClientRect().top;
  const first = Math.max(0, Math.floor(-top / height) - BEYOND);
  const last = Math.min(count - 1, Math.ceil((innerHeight - top) / height) + BEYOND);
  return [first, last];
}

// row(index) draws one, again only where dataOf(index) is another; keyOf(index)
// is the same for the same thing when rows come in above it. onRange(first, last) is told what is seen. Who has
// scrolled down keeps what is read in place while `grows` rows come in above.
export function Rows({ count, height, row, keyOf, dataOf, onRange, columns, label, grows = 0 }) {
  const list = useRef(null);
  const [range, set] = useState([0, Math.min(count - 1, 40)]);
  const shown = Math.min(count, Math.floor(PIXELS_MAX / height));

  const look = () => {
    if (!list.current) return;
    const [first, last] = rangeOf(list.current, shown, height);
    set((before) => (before[0] === first && before[1] === last ? before : [first, last]));
  };

  useEffect(() => {
    let frame = 0;
    const soon = () => { frame ||= requestAnimationFrame(() => { frame = 0; look(); }); };
    addEventListener("scroll", soon, { passive: true });
    addEventListener("resize", soon);
    return () => {
      cancelAnimationFrame(frame);
      removeEventListener("scroll", soon);
      removeEventListener("resize", soon);
    };
  }, [shown, height]);

  const grown = useRef(grows);
  useLayoutEffect(() => {
    const more = grows - grown.current;
    grown.current = grows;
    if (more > 0 && list.current.getBoundingClientRect().top < 0) scrollBy(0, more * height);
    look();
  }, [shown, grows]);
  useEffect(() => onRange?.(Math.max(0, range[0]), Math.min(range[1], shown - 1)), [range[0], range[1], count, grows]);

  const rows = [];
  for (let i = Math.max(0, range[0]); i <= Math.min(range[1], shown - 1); i++)
    rows.push(html`<div class="row" role="row" aria-rowindex=${i + 2} key=${keyOf(i)}
      style=${{ transform: `translateY(${i * height}px)`, height: `${height}px` }}>
        <${Kept} data=${dataOf(i)} draw=${() => row(i)} /></div>`);
  return html`<div class="rows" role="table" aria-label=${label} aria-rowcount=${count + 1}>
    <div role="rowgroup" class="rows-head"><div class="row" role="row" aria-rowindex="1">
      ${columns.map((column) => html`<div role="columnheader" class=${column[1]}>${column[0]}</div>`)}</div></div>
    <div role="rowgroup" class="rows-body" ref=${list} style=${{ height: `${shown * height}px` }}>${rows}</div>
  </div>`;
}

export const Cell = ({ kind = "", children }) => html`<div role="cell" class=${kind}>${children}</div>`;
