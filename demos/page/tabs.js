// Controls in groups, of which one is seen: as many as fit beside a stage.

import { element } from "./draw.js";
import { phrase } from "./phrase.js";

// groups: pairs of a name, as it is shown, and the names of its controls; controls: by name.
export function tabs(form, groups, controls) {
  const list = element("div", { class: "tabs", role: "tablist" }), panels = [];
  const choose = chosen => panels.forEach(({ tab, panel }) => {
    tab.setAttribute("aria-selected", tab == chosen);
    panel.hidden = tab != chosen;
  });
  for (const [name, names] of groups) {
    const tab = element("button", { type: "button", role: "tab", "data-lm-suppress-shortcuts": "true" }, name);
    const panel = element("div", { class: "panel", role: "tabpanel", "aria-label": phrase("{group}: controls", { group: name }) }, ...names.map(each => controls[each].node));
    tab.addEventListener("click", () => choose(tab));
    list.append(tab);
    panels.push({ tab, panel });
  }
  form.append(element("div", { class: "fields" }, list, ...panels.map(({ panel }) => panel)));
  choose(panels[0].tab);
}
