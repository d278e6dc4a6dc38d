// Shows every hour in the reader's own zone, and names that zone. Without this script the page says UTC.
"use strict";

(() => {
  // The page speaks English; a reader's English decides between 15:00 and 3:00 pm.
  const language = navigator.language.startsWith("en") ? navigator.language : "en-GB";
  const write = (moment, parts) => new Intl.DateTimeFormat(language, parts).format(moment);
  const DAY = { weekday: "long", day: "numeric", month: "long" };
  const HOUR = { hour: "numeric", minute: "2-digit" };
  const sameDay = (a, b) => a.toDateString() === b.toDateString();
  const dayOf = (moment) =>
    write(moment, sameDay(moment, new Date()) ? { day: "numeric", month: "long" } : { ...DAY, year: "numeric" });
  const nameOfDay = (moment) => (sameDay(moment, new Date()) ? `today, ${dayOf(moment)}` : dayOf(moment));
  const zoneOf = (moment) =>
    new Intl.DateTimeFormat(language, { timeZoneName: "long" })
      .formatToParts(moment)
      .find((part) => part.type === "timeZoneName").value;

  const WAYS = {
    start: (moment) => capital(`${nameOfDay(moment)}, ${write(moment, HOUR)}`),
    end: (moment, begun) =>
      `${sameDay(moment, begun) ? "" : `${nameOfDay(moment)}, `}${write(moment, HOUR)}, ${zoneOf(moment)}`,
    door: (moment, begins) =>
      sameDay(moment, begins)
        ? `at ${write(moment, HOUR)}`
        : `on ${dayOf(moment)}, at ${write(moment, HOUR)}`,
  };
  const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

  for (const element of document.querySelectorAll("time[data-show]")) {
    const begun = new Date(element.dataset.from ?? element.dateTime);
    element.textContent = WAYS[element.dataset.show](new Date(element.dateTime), begun);
  }
})();
