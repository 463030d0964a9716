/** The base map below the symbols; held to the kinds' colours by a test of every kind of eyes. */
export const BASE = { ground: "#eceae3", region: "#fbfaf5", border: "#8d877a", water: "#c3dbe8", shore: "#8fb6cc" } as const;
/** Bars: apart in lightness too; each has its name and its figure beside it. */
export const BARS = ["#1d4e79", "#c77700"] as const;
