// Sends a long list some rows at a time and keeps the report. Without it the form still works, step by step.
"use strict";

(() => {
  const form = document.querySelector("form[data-import]");
  const box = document.getElementById("progress");
  const [bar, status, body] = ["progress", "[role=status]", "tbody"].map((what) => box.querySelector(what));
  const [stop, download, back] = ["stop", "report", "back"].map((name) => box.querySelector(`[data-${name}]`));
  const WENT_WELL_SHOWN = 200;
  const counts = new Map();
  const report = ["\ufeffLine,Email,First name,Last name,Outcome,Why\r\n"];
  let stopped = false;
  let wentWell = 0;

  const said = (done, all) => {
    const parts = [...counts].map(([outcome, count]) => `${count} ${outcome}`);
    status.textContent = `${done} of ${all} rows: ${parts.join(", ") || "beginning"}.`;
    bar.value = done;
  };

  const keep = (html) => {
    const holder = document.createElement("table");
    holder.innerHTML = html;
    for (const row of holder.querySelectorAll("tr[data-outcome]")) {
      const outcome = row.dataset.outcome;
      counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
      report.push(row.dataset.csv);
      if (!outcome.startsWith("not ") && ++wentWell > WENT_WELL_SHOWN) {
        box.querySelector("[data-hidden]").hidden = false;
      } else {
        body.append(row);
      }
    }
  };

  const send = async (rows) => {
    const fields = new FormData();
    fields.set("form_token", form.elements.form_token.value);
    fields.set("rows", rows.join("\n"));
    fields.set("only_rows", "yes");
    const before = report.length;
    const answer = await fetch(form.action, { method: "POST", body: fields });
    if (!answer.ok || answer.redirected) throw new Error("refused");
    keep(await answer.text());
    if (report.length === before) throw new Error("no report");
  };

  const end = (words) => {
    if (words) status.textContent += ` ${words}`;
    stop.hidden = true;
    back.hidden = false;
    download.href = URL.createObjectURL(new Blob(report, { type: "text/csv" }));
    download.hidden = false;
  };

  stop.addEventListener("click", () => { stopped = true; });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const rows = form.elements.rows.value.split("\n").filter(Boolean);
    const size = Number(form.dataset.import);
    form.hidden = true;
    document.querySelector("[data-preview]").hidden = true;
    document.querySelector("h1").textContent = "Import instructors";
    box.hidden = false;
    bar.max = rows.length;
    document.getElementById("report").focus();
    said(0, rows.length);
    for (let start = 0; start < rows.length && !stopped; start += size) {
      try {
        await send(rows.slice(start, start + size));
      } catch {
        return end("It stopped here: the service did not answer, or you are signed out. Import the file again: what is done is not done twice.");
      }
      said(Math.min(start + size, rows.length), rows.length);
      if (counts.has("not tried")) return end("It stopped here, because the provider is in trouble. Import the file again later.");
    }
    end(stopped ? "Stopped. Import the file again to go on: what is done is not done twice." : "All rows are done.");
  });
})();
