import type { Check, Finding } from './check.js';
import type { DeviceNode, SystemFacts } from './facts.js';

/** NVIDIA's debugger; its devices are not used here. */
const NOT_NEEDED = ['debug'];
/** At most so many devices are named; there may be dozens. */
const NAMED = 3;

export const checkPermissions: Check = async ({ facts }) => judgePermissions(await facts());

/** Whether this user may use the devices of cameras, encoders and graphics cards. */
export function judgePermissions(facts: SystemFacts): Finding[] {
  const { nodes, user, isContainer } = facts;
  const known = readGroups(facts.groups ?? '');
  const needed = nodes.filter(({ group }) => !NOT_NEEDED.includes(known.get(group)?.name ?? ''));
  if (needed.length === 0)
    return [
      {
        status: 'ok',
        check: 'permissions',
        detail: isContainer
          ? 'this container has no camera or graphics device ("docker run --device /dev/video0" adds one)'
          : 'there is no camera or graphics device',
      },
    ];
  const closed = needed.filter(({ isOpen }) => !isOpen);
  if (closed.length === 0)
    return [{ status: 'ok', check: 'permissions', detail: `${nameOf(user)} may use all devices: ${listed(needed)}` }];
  return [...new Set(closed.map(({ group }) => group))].map(group => {
    const theirs = closed.filter(node => node.group === group);
    return {
      // Without a video device there is no video; without the others it is encoded in software.
      status: theirs.some(({ path }) => path.startsWith('/dev/video')) ? 'fail' : 'warn',
      check: 'permissions',
      detail: `${nameOf(user)} may not use ${listed(theirs)}`,
      remedy: remedyFor(facts, group, known.get(group)),
    };
  });
}

function remedyFor({ user, isContainer }: SystemFacts, id: number, group: Group | undefined): string {
  if (isContainer) return `Start the container with "--group-add ${id}".`;
  if (id === 0 || !group) return 'Only root may: a udev rule gives such devices to a group (GROUP="video").';
  if (user.groups.includes(id)) return `Group ${group.name} may not read and write it: correct the udev rule.`;
  if (user.name !== null && group.members.includes(user.name))
    return `${user.name} was added to the group ${group.name} after this session began: log in again, or restart the service.`;
  return `"sudo usermod -aG ${group.name} ${user.name ?? user.id}", then log in again or restart the service.`;
}

interface Group {
  name: string;
  members: readonly string[];
}

/** /etc/group by group id. */
function readGroups(text: string): Map<number, Group> {
  return new Map(
    text.split('\n').flatMap(line => {
      const [name = '', , id = '', members = ''] = line.split(':');
      return name === '' || !/^\d+$/.test(id) ? [] : [[Number(id), { name, members: members.split(',') }] as const];
    }),
  );
}

const nameOf = ({ name, id }: SystemFacts['user']): string => name ?? `user ${id}`;

function listed(nodes: readonly DeviceNode[]): string {
  const names = nodes.slice(0, NAMED).map(({ path }) => path);
  return nodes.length > NAMED ? `${names.join(', ')} and ${nodes.length - NAMED} more` : names.join(', ');
}
