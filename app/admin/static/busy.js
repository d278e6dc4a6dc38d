// A form that takes a while says so, and is sent once: <form data-busy="what is going on">.
"use strict";

for (const form of document.querySelectorAll("form[data-busy]")) {
  const status = document.createElement("p");
  status.setAttribute("role", "status");
  status.className = "busy";
  form.append(status);
  form.addEventListener("submit", () => {
    // Afterwards: a button that is disabled now would not be sent.
    setTimeout(() => {
      status.textContent = form.dataset.busy;
      for (const button of form.querySelectorAll("button")) button.disabled = true;
    });
  });
}
