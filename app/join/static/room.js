// The practice room: Join and Leave, a heartbeat in between, and who else is here.
"use strict";

(() => {
  const room = document.getElementById("room");
  const by = (id) => document.getElementById(id);
  const [joinButton, leaveButton, state, list, news] = ["join", "leave", "state", "people", "news"].map(by);
  const base = `${location.pathname}/room`;
  const beatEvery = Number(room.dataset.beat) * 1000;
  let visit = null; // the server's name for this stay, while we are in
  let metronome = null;
  let drawn = "";
  let known = null; // names at the last look, to say who came and went
  let nextLook = 0;

  const say = (text, kind) => {
    if (state.textContent !== text) state.textContent = text;
    state.dataset.state = kind;
  };
  const post = (deed) => fetch(`${base}/${deed}`, { method: "POST", cache: "no-store" });

  async function message(answer) {
    try {
      return (await answer.json()).error.message;
    } catch {
      return "That did not work. Please try again in a moment.";
    }
  }

  async function join() {
    joinButton.disabled = true;
    say("Joining …", "out");
    try {
      const answer = await post("enter");
      if (!answer.ok) return await refused(answer);
      const entered = await answer.json();
      visit = entered.visit;
      metronome = startMetronome();
      say(`You have been in the room since ${hour()}.`, "in");
      swap(leaveButton, joinButton);
      draw(entered);
    } catch {
      say("There is no connection to the room. Please try again.", "lost");
    } finally {
      joinButton.disabled = false;
    }
  }

  async function leave() {
    const gone = visit;
    out("You have left the room. Press Join to come back.");
    try {
      await post(`${gone}/leave`);
    } catch {
      // Silence ends the stay as well.
    }
    look();
  }

  async function beat() {
    const mine = visit;
    if (!mine) return;
    try {
      const answer = await post(`${mine}/beat`);
      if (visit !== mine) return;
      if (answer.ok) return back();
      if (answer.status < 500) return await refused(answer);
      lost();
    } catch {
      if (visit === mine) lost();
    }
  }

  const lost = () => say("The connection is lost. It is tried again by itself.", "lost");
  const back = () => {
    if (state.dataset.state === "lost") say("You are in the room again.", "in");
  };

  async function refused(answer) {
    out(await message(answer));
    // The class ended, moved or was cancelled: the page itself says so. Not everybody in the same second.
    if (answer.status === 410) setTimeout(() => location.replace(location.pathname), 2000 + 4000 * Math.random());
  }

  function out(text) {
    visit = null;
    metronome?.stop();
    metronome = null;
    say(text, "out");
    if (joinButton.hidden) swap(joinButton, leaveButton);
  }

  function swap(shown, hidden) {
    const focused = document.activeElement === hidden || document.activeElement === document.body;
    hidden.hidden = true;
    shown.hidden = false;
    if (focused) shown.focus();
  }

  function startMetronome() {
    try {
      const worker = new Worker(room.dataset.metronome);
      worker.onmessage = beat;
      worker.postMessage(beatEvery);
      return { stop: () => worker.terminate() };
    } catch {
      const timer = setInterval(beat, beatEvery);
      return { stop: () => clearInterval(timer) };
    }
  }

  const hour = () =>
    new Intl.DateTimeFormat(navigator.language.startsWith("en") ? navigator.language : "en-GB", {
      hour: "numeric",
      minute: "2-digit",
    }).format(new Date());

  async function look() {
    clearTimeout(nextLook);
    let again = 10;
    try {
      const answer = await fetch(`${base}/present`, { cache: "no-store" });
      if (answer.ok) {
        const present = await answer.json();
        again = present.again_in;
        draw(present);
      } else if (answer.status === 410) {
        return await refused(answer);
      }
    } catch {
      // The heartbeat says so when the connection is lost.
    }
    nextLook = setTimeout(look, again * 1000);
  }

  function draw(present) {
    const text = JSON.stringify(present.people);
    if (text === drawn) return;
    drawn = text;
    list.replaceChildren(...present.people.map(line));
    by("nobody").hidden = present.people.length > 0;
    by("count").textContent = present.count;
    by("count").hidden = present.count === 0;
    const unseen = present.count - present.people.length;
    by("more").textContent = `and ${unseen} more`;
    by("more").hidden = unseen === 0;
    tell(present);
  }

  function line(person) {
    const item = document.createElement("li");
    item.className = person.you ? "person mine" : "person";
    const who = element("span", "who", element("span", "name", person.you ? `${person.name} (you)` : person.name));
    if (person.detail) who.append(element("span", "detail", person.detail));
    const face = element("span", "face", [...person.name][0]?.toUpperCase() ?? "?");
    face.setAttribute("aria-hidden", "true");
    item.append(face, who);
    if (person.role === "instructor") item.append(element("span", "badge strong", "Instructor"));
    return item;
  }

  function element(tag, className, ...content) {
    const made = document.createElement(tag);
    made.className = className;
    if (className === "name" || className === "detail") made.dir = "auto";
    made.append(...content);
    return made;
  }

  // One short sentence for screen readers, and only about others; a crowd is told as a number.
  function tell(present) {
    const names = present.people.filter((person) => !person.you).map((person) => person.name);
    const before = known;
    known = names;
    if (before === null) return;
    const came = names.filter((name) => !before.includes(name));
    const went = before.filter((name) => !names.includes(name));
    if (came.length + went.length > 3) news.textContent = `${present.count} people are in the room.`;
    else news.textContent = [...came.map((n) => `${n} is here.`), ...went.map((n) => `${n} has left.`)].join(" ");
  }

  joinButton.addEventListener("click", join);
  leaveButton.addEventListener("click", leave);
  joinButton.disabled = false;
  say("You are not in the room yet.", "out");
  look();

  addEventListener("pagehide", () => {
    if (visit) navigator.sendBeacon(`${base}/${visit}/leave`);
  });
  addEventListener("pageshow", (event) => {
    if (event.persisted && visit) out("You have left the room. Press Join to come back.");
  });
  const awake = () => {
    beat();
    look();
  };
  addEventListener("online", awake);
  document.addEventListener("visibilitychange", () => document.hidden || awake());
})();
