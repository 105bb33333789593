// Line icons on a grid of 20, as paths.
import { html } from "../vendor/preact/standalone.module.js";

const PATHS = {
  overview: "M3 11.5 10 4l7 7.5M5 9.5V16h10V9.5",
  blocks: "M10 2.8 16.5 6.4v7.2L10 17.2 3.5 13.6V6.4ZM3.5 6.4 10 10l6.5-3.6M10 10v7.2",
  accounts: "M10 10.5a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.4ZM3.8 16.8c.8-3 3.2-4.2 6.2-4.2s5.4 1.2 6.2 4.2",
  contracts: "M5 2.8h7l3.5 3.6v10.8H5ZM12 2.8v3.8h3.5M8 11l-1.6 1.6L8 14.2M12 11l1.6 1.6L12 14.2",
  logs: "M4 5h12M4 10h12M4 15h7",
  rpc: "M4 5.5 8.5 10 4 14.5M10 15h6",
  peers: "M10 6.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4ZM4.5 16.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4ZM15.5 16.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4ZM9 6.2l-3.4 6.4M11 6.2l3.4 6.4M6.5 14.5h7",
  channels: "M3 7h11M11 4l3 3-3 3M17 13H6M9 10l-3 3 3 3",
  search: "M9 14.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11ZM13 13l4 4",
  copy: "M7 7h9v9H7ZM4 13V4h9",
  done: "M4 10.5 8.5 15 16.5 5.5",
  sun: "M10 13.2a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.4ZM10 2v2M10 16v2M2 10h2M16 10h2M4.3 4.3l1.5 1.5M14.2 14.2l1.5 1.5M15.7 4.3l-1.5 1.5M5.8 14.2l-1.5 1.5",
  moon: "M16.5 12A7 7 0 0 1 8 3.5a7 7 0 1 0 8.5 8.5Z",
  more: "M4.5 10h.01M10 10h.01M15.5 10h.01",
  arrow: "M4 10h12M11 5l5 5-5 5",
  chevron: "M7.5 4.5 13 10l-5.5 5.5",
  wallet: "M3.5 6.5h13v10h-13ZM3.5 6.5 13 3.5v3M13 11.5h3.5",
  play: "M6 4.5v11l9-5.5Z",
  close: "M5 5l10 10M15 5 5 15",
  add: "M10 4v12M4 10h12",
};

export const Icon = ({ name, size = 18 }) => html`
  <svg class="icon" width=${size} height=${size} viewBox="0 0 20 20" aria-hidden="true" focusable="false">
    <path d=${PATHS[name]} fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round" />
  </svg>`;

export const Mark = () => html`
  <svg class="mark" width="26" height="26" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
    <rect width="32" height="32" rx="8" class="mark-ground" />
    <path d="M9 8v14.5h14" fill="none" class="mark-line" stroke-width="3.4" stroke-linecap="square" />
    <path d="M16 15.5 23.5 8" fill="none" class="mark-line mark-away" stroke-width="3.4" stroke-linecap="square" />
  </svg>`;
