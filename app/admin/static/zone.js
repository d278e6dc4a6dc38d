// Tells the service the reader's zone, once; a zone chosen by hand stays.
"use strict";

(() => {
  const known = () => document.cookie.split("; ").some((pair) => pair.startsWith("vilt-zone="));
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (known() || !zone) return;
  document.cookie = `vilt-zone=${encodeURIComponent(zone)}; path=/; max-age=31536000; samesite=lax`;
  // Where cookies are refused the page stays in UTC, and says so; a page that was posted is not sent again.
  if (known() && document.body.querySelector("[data-zoned=again]")) location.reload();
})();
