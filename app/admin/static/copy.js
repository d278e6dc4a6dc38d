// Buttons that copy the text of a field: <button data-copy="id of the field">.
"use strict";

const copied = document.getElementById("copied");
for (const button of document.querySelectorAll("button[data-copy]")) {
  const field = document.getElementById(button.dataset.copy);
  const words = button.firstChild.textContent;
  button.hidden = false;
  field.addEventListener("focus", () => field.select());
  button.addEventListener("click", async () => {
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
      button.firstChild.textContent = "Copied";
      copied.textContent = `${field.labels[0].textContent} copied.`;
    } catch {
      copied.textContent = "It is selected: copy it with the keyboard.";
    }
    setTimeout(() => { button.firstChild.textContent = words; }, 3000);
  });
}
