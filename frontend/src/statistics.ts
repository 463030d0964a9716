import "./listed";

// Each chart is fetched and drawn when its table comes into sight.
const boxes = document.querySelectorAll<HTMLElement>("[data-chart]");
const seen = new IntersectionObserver(
  (entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      seen.unobserve(entry.target);
      void draw((entry.target as HTMLElement).querySelector<HTMLElement>("[data-chart]")!);
    }
  },
  { rootMargin: "200px" },
);
for (const box of boxes) seen.observe(box.parentElement!);

async function draw(box: HTMLElement): Promise<void> {
  const { chart } = await import("./public/charts");
  chart(box);
}
