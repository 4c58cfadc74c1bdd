import { Call } from '../call/call';
import { LocalMedia } from '../call/media';
import type { Options } from '../options';

/** One stay in the room, with the devices used for it. */
export interface Visit {
  id: number;
  media: LocalMedia;
  call: Call;
}

let visits = 0;

export async function startVisit(options: Options, withDevices: boolean): Promise<Visit> {
  // The devices come before the call, which hears of their changes.
  const late: { call?: Call } = {};
  const media = new LocalMedia(() => late.call?.mediaChanged());
  if (withDevices) await media.openBoth();
  const call = new Call({ room: options.room, relayOnly: options.relayOnly, media });
  late.call = call;
  return { id: ++visits, media, call };
}

export function endVisit({ call, media }: Visit): void {
  call.hangUp();
  media.close();
}
