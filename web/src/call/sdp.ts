// The little that the page must know of SDP.

/** The session part and the media sections, each with its line ends. */
function split(sdp: string): { session: string; sections: string[] } {
  const [session = '', ...sections] = sdp.split(/^(?=m=)/m);
  return { session, sections };
}

function mid(section: string): string | undefined {
  return /^a=mid:(\S+)/m.exec(section)?.[1];
}

function kind(section: string): string {
  return /^m=(\S+)/.exec(section)?.[1] ?? '';
}

/** What an answerer writes for a section that it does not want (RFC 8829, section 5.3.1). */
function rejected(offered: string): string {
  return [mediaLine(offered, 0), 'c=IN IP4 0.0.0.0', 'a=inactive', ...pick(offered, /^a=mid:/), ''].join('\r\n');
}

/** A section that is taken, though nothing is sent in it. */
function idle(offered: string, answer: string): string {
  const wanted = /^a=(mid|rtpmap|rtcp-mux)\b/;
  const transport = /^a=(ice-|fingerprint:|setup:)/;
  const own = [...new Set(pick(answer, transport))];
  return [mediaLine(offered, 9), 'c=IN IP4 0.0.0.0', 'a=inactive', ...pick(offered, wanted), ...own, ''].join('\r\n');
}

function mediaLine(section: string, port: number): string {
  return section.split(/\r?\n/, 1)[0]?.replace(/^(m=\S+) \S+/, `$1 ${port}`) ?? '';
}

function pick(sdp: string, wanted: RegExp): string[] {
  return sdp.split(/\r?\n/).filter((line) => wanted.test(line));
}

/**
 * An answer has a section for each one offered, in their order (RFC 3264, section 6); a browser takes no other. Programs
 * that only want ICE or a data channel leave the others out: they are rejected here on their behalf. Only the first
 * is not: with everything bundled, the transport is that section's, and Chromium gives it up with it.
 */
export function completeAnswer(offer: string, answer: string): string {
  const { session, sections } = split(answer);
  const offered = split(offer).sections;
  if (sections.length >= offered.length) return answer;
  const rest = [...sections];
  const complete = offered.map((section, index) => {
    const own = rest[0] && kind(rest[0]) === kind(section) ? rest.shift() : undefined;
    if (own === undefined) return index === 0 ? idle(section, answer) : rejected(section);
    return withMid(own, mid(section));
  });
  return withBundle(session, complete) + complete.join('');
}

function withMid(section: string, name: string | undefined): string {
  if (name === undefined) return section;
  return section.replace(/^a=mid:.*\r?\n/gm, '').replace(/(\r?\n)?$/, `\r\na=mid:${name}\r\n`);
}

function withBundle(session: string, sections: string[]): string {
  const accepted = sections.filter((section) => !/^m=\S+ 0 /.test(section)).map(mid);
  return session.replace(/^a=group:BUNDLE.*\r?\n/gm, '') + `a=group:BUNDLE ${accepted.join(' ')}\r\n`;
}

/** The name of the first section that was not rejected: with everything bundled, where candidates belong. */
export function transportMid(sdp: string): string | undefined {
  return mid(split(sdp).sections.find((section) => !/^m=\S+ 0 /.test(section)) ?? '');
}

/** Changes with every ICE restart. */
export function usernameFragment(sdp: string): string | undefined {
  return /^a=ice-ufrag:(\S+)/m.exec(sdp)?.[1];
}

/** Candidates that a program without trickle puts into the description itself. */
export function candidateLines(sdp: string): string[] {
  return sdp.split(/\r?\n/).filter((line) => line.startsWith('a=candidate:'));
}
