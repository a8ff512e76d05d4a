// Before the first paint: the theme this browser was set to.
try {
  const theme = localStorage.getItem("fanzha-theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch { /* private window */ }
