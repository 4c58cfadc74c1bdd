import type { Reason, Side } from '../call/diagnosis';
import type { Device, DeviceTrouble } from '../call/media';
import type { PairState, Path } from '../call/pairs';
import type { CallState, MediaFlow } from '../call/state';
import type { SignallingState } from '../signalling/client';
import type { Leaving, Role } from '../signalling/messages';

/** Reasons that are told in a sentence of their own, without anything to be filled in. */
export type PlainReason = Exclude<
  Reason['kind'],
  | 'signalling-refused'
  | 'browser'
  | 'only-host-candidates'
  | 'server-error'
  | 'all-pairs-failed'
  | 'pairs-unanswered'
>;

/** Every word of the page. A language that lacks one does not compile. */
export interface Dictionary {
  title: string;
  language: string;
  prejoin: Record<'heading' | 'text' | 'join' | 'joinWithout' | 'asking', string>;
  link: Record<'label' | 'copy' | 'copied' | 'failed', string>;
  badRoom: Record<'heading' | 'text', string>;
  newRoom: string;
  state: Record<CallState | 'prejoin' | 'reconnecting' | 'lost' | 'direct' | 'relay' | 'iceOnly', string>;
  waiting: Record<'text' | Leaving, string>;
  iceOnly: string;
  ended: { rejoin: string };
  signalling: Record<SignallingState | 'label' | 'brokenCallGoesOn', string>;
  stage: Record<'label' | 'remote' | 'local' | 'noPicture' | 'remoteMuted' | 'unblock' | 'retry', string>;
  toolbar: Record<
    | 'label'
    | 'mute'
    | 'unmute'
    | 'cameraOff'
    | 'cameraOn'
    | 'shareScreen'
    | 'stopSharing'
    | 'chat'
    | 'panel'
    | 'hangUp',
    string
  > & { unread(count: number): string };
  trouble: Record<Device, Record<DeviceTrouble, string>> & { anyway: string };
  chat: Record<'heading' | 'empty' | 'input' | 'send' | 'closed' | 'me' | 'other', string>;
  panel: Record<'heading' | 'restart' | 'role' | 'path' | 'ice' | 'dtls' | 'media', string> & {
    roles: Record<Role, string>;
    paths: Record<Path, string>;
    flows: Record<MediaFlow, string>;
  };
  candidates: Record<'heading' | 'local' | 'remote' | 'none' | 'complete' | 'gathering', string>;
  pairs: Record<'heading' | 'none' | 'local' | 'remote' | 'state' | 'selected' | 'removed', string> & {
    earlier(count: number): string;
    states: Record<PairState, string>;
    checks(sent: number, answered: number): string;
  };
  plots: Record<'heading' | 'rtt' | 'loss' | 'bitrate' | 'received' | 'sent' | 'nothing', string> & {
    span(seconds: number): string;
    summary(name: string, now: string, highest: string): string;
  };
  sdp: Record<'heading' | 'local' | 'remote' | 'none', string>;
  reasons: Record<PlainReason, string> & {
    heading: string;
    'only-host-candidates': Record<Side, string>;
    allPairsFailed(pairs: number): string;
    pairsUnanswered(pairs: number): string;
    serverError(url: string, code: number, text: string): string;
    serverUnreachable(url: string): string;
    browser(message: string): string;
    /** By the codes of docs/signalling.md that people can do something about. */
    refused: Record<'superseded' | 'idle' | 'server-full' | 'source-limit', string>;
    refusedOther(code: string): string;
  };
}
