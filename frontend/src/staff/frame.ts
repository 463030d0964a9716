import { centralMeridian, fromPlane, toPlane, zoneOf, type Position } from "../core/geodesy";

/** Corners of a frame on the ground, clockwise from its upper left: a rectangle of the zone's plane, turned clockwise. */
export function frameCorners(centre: Position, width: number, height: number, scale: number, turned: number): Position[] {
  const meridian = centralMeridian(zoneOf(centre[0]));
  const middle = toPlane(centre, meridian);
  const turn = (turned * Math.PI) / 180;
  const [sin, cos] = [Math.sin(turn), Math.cos(turn)];
  const per = scale / 1000;
  return ([[-1, 1], [1, 1], [1, -1], [-1, -1]] as const).map(([sx, sy]) => {
    const [right, up] = [(sx * width * per) / 2, (sy * height * per) / 2];
    return fromPlane(middle.x - right * sin + up * cos, middle.y + right * cos + up * sin, meridian);
  });
}
