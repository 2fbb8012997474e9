// Small helps for hosted pages; everything works without them.
for (const form of document.querySelectorAll("form.once")) {
  form.addEventListener("submit", () => {
    // A second press would only ask for what is already under way.
    setTimeout(() => form.querySelectorAll("button").forEach((button) => (button.disabled = true)));
  });
}
for (const form of document.querySelectorAll("form.auto")) form.submit();
for (const button of document.querySelectorAll("[data-print]")) {
  button.addEventListener("click", () => window.print());
}
for (const select of document.querySelectorAll("select[name=way]")) {
  select.addEventListener("change", () => {
    const other = document.querySelector("input[name=times][value=other]");
    if (other) other.checked = true;
  });
}
const newCard = document.querySelectorAll(".new-card");
const choices = document.querySelectorAll("input[type=radio][name=customer_card_id]");
function follow() {
  const chosen = document.querySelector("input[name=customer_card_id]:checked");
  newCard.forEach((part) => (part.hidden = Boolean(chosen && chosen.value)));
}
if (choices.length > 0) {
  choices.forEach((choice) => choice.addEventListener("change", follow));
  follow();
}
window.addEventListener("pageshow", () => {
  document.querySelectorAll("form.once button").forEach((button) => (button.disabled = false));
});
