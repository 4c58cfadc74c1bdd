import { endpoint } from '../call/candidates';
import type { Candidate } from '../call/candidates';
import type { CandidateList } from '../call/peer';
import { useWords } from '../i18n';

export function Candidates({ local, remote }: { local: CandidateList; remote: CandidateList }) {
  const words = useWords();
  return (
    <section>
      <h3>{words.candidates.heading}</h3>
      <List name={words.candidates.local} testId="local-candidate" list={local} />
      <List name={words.candidates.remote} testId="remote-candidate" list={remote} />
    </section>
  );
}

function List({ name, testId, list }: { name: string; testId: string; list: CandidateList }) {
  const words = useWords();
  const { candidates, complete } = list;
  const progress = complete ? words.candidates.complete : words.candidates.gathering;
  return (
    <>
      <h4>
        {name}
        <span className="muted">{candidates.length === 0 && !complete ? words.candidates.none : progress}</span>
      </h4>
      <ul className="candidates" aria-label={name}>
        {candidates.map((candidate, index) => (
          <li
            key={index}
            data-testid={testId}
            data-type={candidate.type}
            data-protocol={candidate.protocol}
            data-address={candidate.address}
            data-port={candidate.port}
          >
            <CandidateText candidate={candidate} />
          </li>
        ))}
      </ul>
    </>
  );
}

export function CandidateText({ candidate }: { candidate: Candidate }) {
  const { type, protocol, relayProtocol } = candidate;
  // How we reach our relay tells more than that the relay itself sends UDP.
  const transport = relayProtocol && relayProtocol !== protocol ? `${protocol} (${relayProtocol})` : protocol;
  return (
    <>
      <span className={`type ${type}`}>{type}</span> <span className="muted">{transport}</span>{' '}
      <span className="address">{endpoint(candidate)}</span>
    </>
  );
}
