import { need } from "./core/dom";

// Ticking or choosing is enough; the button is for words, and for everybody without script.
const form = need<HTMLFormElement>("#filters");
form.addEventListener("change", (event) => {
  const field = event.target as HTMLElement;
  if (field.matches('select, input[type="checkbox"]')) form.requestSubmit ? form.requestSubmit() : form.submit();
});
// Empty fields would only lengthen the address.
form.addEventListener("formdata", (event) => {
  for (const [name, value] of [...event.formData]) if (value === "") event.formData.delete(name);
});
