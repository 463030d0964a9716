import { weightedTotal } from "./expert-review/total";

// A score sheet shows its weighted total as it is filled in.
for (const form of document.querySelectorAll<HTMLFormElement>("[data-score-sheet]")) {
  const fields = Array.from(form.querySelectorAll<HTMLInputElement>("[data-weight]"));
  const place = form.querySelector<HTMLOutputElement>("[data-score-total]");
  const show = (): void => {
    const total = weightedTotal(fields.map((field) => ({ score: field.value, weight: field.dataset.weight ?? "" })));
    if (place) place.textContent = total ?? "—";
  };
  form.addEventListener("input", show);
  show();
}

// Where the phone is, for photos that don't say it themselves. Without a position sensor the fields are typed.
for (const form of document.querySelectorAll<HTMLFormElement>("[data-visit-form]")) {
  const button = form.querySelector<HTMLButtonElement>("[data-locate]");
  const status = form.querySelector<HTMLElement>("[data-locate-status]");
  const field = (name: string): HTMLInputElement => form.querySelector<HTMLInputElement>(`[name="${name}"]`)!;
  if (!button || !status || !("geolocation" in navigator)) continue;
  button.hidden = false;
  button.addEventListener("click", () => {
    status.textContent = button.dataset.busy ?? "";
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        field("lon").value = coords.longitude.toFixed(7);
        field("lat").value = coords.latitude.toFixed(7);
        field("accuracy_m").value = coords.accuracy.toFixed(1);
        field("source").value = "device";
        status.textContent = `${button.dataset.found ?? ""}${Math.round(coords.accuracy)}`;
      },
      () => void (status.textContent = button.dataset.failed ?? ""),
      { enableHighAccuracy: true, timeout: 20_000, maximumAge: 60_000 },
    );
  });
  for (const name of ["lon", "lat"]) {
    // What a person changes is no longer what the phone said.
    field(name).addEventListener("input", () => {
      field("source").value = "typed";
      field("accuracy_m").value = "";
    });
  }
}
