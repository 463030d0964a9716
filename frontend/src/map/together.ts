import type L from "leaflet";

interface Member {
  map: L.Map;
  /** What its view is measured from; null for the world itself. */
  anchor: L.LatLng | null;
}

/** Maps that move together: same zoom, and the same place, or the same distance from an anchor of their own. */
export class Together {
  private readonly members: Member[] = [];
  private leader: Member | null = null;
  private quiet = false;
  /** Whether they follow each other at present. */
  on = true;

  add(map: L.Map, anchor: L.LatLng | null = null): void {
    const member = { map, anchor };
    this.members.push(member);
    // An animated zoom says beforehand where it ends: the others go there at the same pace.
    map.on("zoomanim", (event) => this.lead(member, event.center, event.zoom, true));
    map.on("move zoom", () => this.lead(member, map.getCenter(), map.getZoom(), false));
    map.on("moveend", () => {
      if (this.leader === member) this.leader = null;
    });
  }

  /** Moves some of them without the others following. */
  quietly(move: () => void): void {
    this.quiet = true;
    move();
    this.quiet = false;
  }

  private lead(member: Member, centre: L.LatLng, zoom: number, animated: boolean): void {
    if (!this.on || this.quiet || (this.leader !== null && this.leader !== member)) return;
    this.leader = member;
    for (const other of this.members) if (other !== member) follow(member, other, centre, zoom, animated);
  }
}

function follow(member: Member, { map, anchor }: Member, centre: L.LatLng, zoom: number, animated: boolean): void {
  const aim = member.anchor && anchor
    ? map.unproject(map.project(anchor, zoom).add(member.map.project(centre, zoom).subtract(member.map.project(member.anchor, zoom))), zoom)
    : centre;
  if (zoom !== map.getZoom()) return void map.setView(aim, zoom, { animate: animated });
  // At the same zoom nothing is drawn anew: the sheet is pushed.
  const by = map.project(aim, zoom).subtract(map.project(map.getCenter(), zoom)).round();
  if (by.x || by.y) map.panBy(by, { animate: false });
}
