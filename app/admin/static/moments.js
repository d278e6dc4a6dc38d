// Shows every moment in the reader's own zone, and names that zone. Without this script the page says UTC.
"use strict";

(() => {
  const language = navigator.language.startsWith("en") ? navigator.language : "en-GB";
  const long = { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", timeZoneName: "short" };
  const written = new Intl.DateTimeFormat(language, long);
  for (const element of document.querySelectorAll("time[data-moment]")) {
    element.title = element.textContent;
    element.textContent = written.format(new Date(element.dateTime));
  }
})();
