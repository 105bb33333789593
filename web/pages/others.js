// Places for what is not there yet, and for what is not there at all.
import { html } from "../vendor/preact/standalone.module.js";
import { Empty, Head } from "../parts/basic.js";
import { href } from "../core/router.js";
import { visible } from "../core/format.js";

export const Channels = () => html`<${Head} title="Channels" over="Off the chain" />
  <div class="card"><${Empty} title="No channel" icon="channels">
    <p>loftd does not open channels yet. When it does, each is here: who holds what, the state's number, and the time left in a dispute.</p><//></div>`;

export const Missing = ({ route }) => html`<${Head} title="Nothing is here" />
  <div class="card"><${Empty} title=${visible(route.page).slice(0, 60)} icon="search">
    <p>There is no such page. <a href=${href("overview")}>Overview</a></p><//></div>`;
