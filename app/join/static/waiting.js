// The waiting page: counts down by the server's clock, asks again when the server said, and goes on by itself.
"use strict";

(() => {
  const page = document.getElementById("waiting");
  const countdown = document.getElementById("countdown");
  const news = document.getElementById("news");
  const title = document.title;
  const ANNOUNCED = [600, 300, 60, 10]; // seconds before the door opens; said once each, to screen readers
  let left = Number(page.dataset.seconds);
  let told = performance.now();
  let announced = left;

  const remaining = () => Math.max(0, Math.ceil(left - (performance.now() - told) / 1000));

  function pieces(seconds) {
    const all = [
      [Math.floor(seconds / 86400), "day"],
      [Math.floor((seconds % 86400) / 3600), "hour"],
      [Math.floor((seconds % 3600) / 60), "minute"],
      [seconds % 60, "second"],
    ];
    const first = all.findIndex(([amount]) => amount > 0);
    const shown = all.slice(first < 0 ? 3 : Math.min(first, 2));
    return shown.slice(0, seconds >= 86400 ? 3 : 4);
  }

  function draw() {
    const seconds = remaining();
    countdown.replaceChildren(
      ...pieces(seconds).map(([amount, unit]) => {
        const box = document.createElement("span");
        const number = document.createElement("b");
        number.textContent = amount;
        box.append(number, ` ${unit}${amount === 1 ? "" : "s"}`);
        return box;
      }),
    );
    countdown.hidden = false;
    document.title = seconds ? `${clock(seconds)} – ${title}` : title;
    if (!seconds) page.dataset.door = "opening";
    announce(seconds);
  }

  function clock(seconds) {
    if (seconds >= 86400) return `${Math.floor(seconds / 86400)} d`;
    const two = (amount) => String(amount).padStart(2, "0");
    const hours = Math.floor(seconds / 3600);
    const rest = `${two(Math.floor((seconds % 3600) / 60))}:${two(seconds % 60)}`;
    return hours ? `${hours}:${rest}` : rest;
  }

  function announce(seconds) {
    const passed = ANNOUNCED.filter((mark) => announced > mark && seconds <= mark).pop();
    if (passed) news.textContent = passed >= 60 ? `${passed / 60} minutes to go.` : `${passed} seconds to go.`;
    if (announced > 0 && seconds === 0) news.textContent = "The door is open. You are taken in within moments.";
    announced = seconds;
  }

  async function look() {
    let again = 20 + 20 * Math.random(); // used when the answer does not come
    try {
      const answer = await fetch(`${location.pathname}/door`, { cache: "no-store" });
      if (answer.ok) {
        const state = await answer.json();
        if (state.door !== page.dataset.door && !(state.door === "waiting" && page.dataset.door === "opening")) {
          return goOn();
        }
        left = state.seconds;
        told = performance.now();
        again = state.again_in;
      } else if (answer.status < 500) {
        return goOn(); // the page itself says what is the matter
      }
    } catch {
      // No network: the next look may find one.
    }
    setTimeout(look, again * 1000);
  }

  // Replaces the page in place, so that "back" does not return to a countdown.
  const goOn = () => location.replace(location.pathname);

  if (countdown) {
    draw();
    setInterval(draw, 1000);
  }
  setTimeout(look, Number(page.dataset.again) * 1000);
  // Machines sleep and tabs are frozen: whoever comes back wants to know at once.
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && performance.now() - told > 90_000) look();
  });
})();
