// Before the first paint: the theme that the reader chose, or the system's; and no page in sight where slides are meant.
(() => {
  const root = document.documentElement, system = matchMedia("(prefers-color-scheme: dark)");
  const kept = () => {
    try {
      return localStorage.getItem("lecture-theme");
    } catch {
      return null; // some browsers keep nothing for files
    }
  };
  const apply = () => (root.dataset.theme = kept() ?? (system.matches ? "dark" : "light"));
  root.dataset.ready = "no"; // formulas are not set yet
  apply();
  system.addEventListener("change", apply);
  if (/^#present/.test(location.hash)) root.classList.add("starting");
})();
