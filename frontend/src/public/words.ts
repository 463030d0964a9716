// The few sentences of the public pages' scripts; everything else is written by the server.
const zh = {
  "map.name": "公开项目地图",
  "map.zoomIn": "放大",
  "map.zoomOut": "缩小",
  "map.home": "全部范围",
  "map.place": "经纬度",
  "map.failed": "地图数据没有载入，清单不受影响。",
  "list.failed": "清单没有载入，请检查网络后重试。",
  "retry": "重试",
  "card.open": "查看项目",
  "card.close": "关闭",
  "card.share": "完成投资 {n}%",
  "card.planned": "计划投资 {amount}",
  "places.regions": "地区",
  "places.townships": "乡镇",
  "places.projects": "项目",
  "places.none": "没有找到地名或项目。",
  "share.copied": "链接已复制。",
  "share.failed": "没有复制成功，请从地址栏复制链接。",
  "choice": "{name}（{n}）",
  "and": "、",
  "said": "{label}：{value}",
  "kinds.none": "未选类别",
  "paper.printed": "打印于 {at}",
  "chart.count": "项目数",
  "chart.planned": "计划投资（亿元）",
  "chart.about": "{title}的条形图，数据与上面的表格相同",
  "kind.key": "重点项目",
  "kind.government": "政府投资项目",
  "kind.planned": "规划项目",
  "kind.reserve": "储备项目",
  "stage.planning": "谋划",
  "stage.preparation": "前期",
  "stage.construction": "在建",
  "stage.completed": "竣工",
  "stage.suspended": "停缓建",
  "ask.map": "标注位置的地图",
  "ask.tapPoint": "点击地图标出位置；也可以在下面填写坐标。",
  "ask.tapPolygon": "依次点击地图，围出范围；也可以在下面填写坐标。",
  "ask.point": "已标注：{at}",
  "ask.more": "已有 {n} 个点，至少三个点才能围成范围。",
  "ask.polygon": "已用 {n} 个点围成范围。",
};

const en: typeof zh = {
  "map.name": "Map of disclosed projects",
  "map.zoomIn": "Zoom in",
  "map.zoomOut": "Zoom out",
  "map.home": "Whole area",
  "map.place": "Longitude and latitude",
  "map.failed": "The map's data could not be loaded; the list still works.",
  "list.failed": "The list could not be loaded. Check the network and try again.",
  "retry": "Try again",
  "card.open": "Open the project",
  "card.close": "Close",
  "card.share": "{n}% of the investment done",
  "card.planned": "Planned investment {amount}",
  "places.regions": "Regions",
  "places.townships": "Townships",
  "places.projects": "Projects",
  "places.none": "No place or project found.",
  "share.copied": "Link copied.",
  "share.failed": "Could not copy. Please copy the link from the address bar.",
  "choice": "{name} ({n})",
  "and": ", ",
  "said": "{label}: {value}",
  "kinds.none": "No kind chosen",
  "paper.printed": "Printed {at}",
  "chart.count": "Projects",
  "chart.planned": "Planned investment (¥100 million)",
  "chart.about": "Bar chart: {title}. The figures are those of the table above",
  "kind.key": "Key",
  "kind.government": "Government-funded",
  "kind.planned": "Planned",
  "kind.reserve": "Reserve",
  "stage.planning": "Idea",
  "stage.preparation": "In preparation",
  "stage.construction": "Under construction",
  "stage.completed": "Completed",
  "stage.suspended": "Suspended",
  "ask.map": "Map for pointing out a place",
  "ask.tapPoint": "Tap the map to mark the place, or type coordinates below.",
  "ask.tapPolygon": "Tap the map corner by corner to enclose the area, or type coordinates below.",
  "ask.point": "Marked: {at}",
  "ask.more": "{n} corners so far; an area needs at least three.",
  "ask.polygon": "Area enclosed by {n} corners.",
};

export const english = document.documentElement.lang.startsWith("en");
const words = english ? en : zh;

/** The sentence in the page's language, with `{name}` places filled in. */
export function say(key: keyof typeof zh, places: Record<string, string | number> = {}): string {
  return words[key].replace(/\{(\w+)\}/g, (_, name: string) => String(places[name] ?? ""));
}

/** The word of a code; the code itself where none is known. */
export const wordOf = (prefix: string, code: string): string => (words as Record<string, string>)[`${prefix}.${code}`] ?? code;

/** An amount of yuan as the server writes it in lists. */
export function amount(yuan: number): string {
  const written = (value: number, digits: number): string => value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  if (english) return yuan >= 1e9 ? `¥${written(yuan / 1e9, 2)} bn` : `¥${written(yuan / 1e6, 2)} m`;
  return yuan >= 1e8 ? `${written(yuan / 1e8, 2)} 亿元` : `${written(yuan / 1e4, 0)} 万元`;
}

/** A day as the server writes it: 2026-07-01, by the reader's own clock. */
export const dayOf = (at: Date): string => [at.getFullYear(), at.getMonth() + 1, at.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
