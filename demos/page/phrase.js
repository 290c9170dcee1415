// What a reader reads. In another language Python has put its words in the place of the English (language.py), so that the
// text must stand here as one literal. places: what belongs into its {name}.
export function phrase(text, places = {}) {
  return text.replace(/\{(\w+)\}/g, (_, name) => places[name]);
}
