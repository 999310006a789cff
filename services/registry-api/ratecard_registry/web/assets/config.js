// The scraping configuration of a provider: what is in force, a draft that can be tried before it is taken, versions.
import { h } from "./dom.js";

export async function drawConfig(place) {
  place.replaceChildren(h("p", { className: "note" }, "Not here yet."));
}
