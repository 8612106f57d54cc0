/** `ringback completion`: what shells complete, made of the table of commands. */
import { nearest } from '../config/nearest.ts';
import { RingbackError } from '../errors.ts';

/** What is known of a command. */
interface Command {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly Option[];
  /** The first of these words may follow. */
  readonly words: readonly string[];
  readonly takesFiles: boolean;
}

export interface Option {
  readonly name: string;
  readonly short: string | null;
  readonly summary: string;
  /** What follows it; null: nothing. */
  readonly value: string | null;
  readonly isMultiple: boolean;
}

/** Of a value that is a file. */
const FILE = 'FILE';

const forms = ({ name, short }: Option): string[] => [...(short === null ? [] : [`-${short}`]), `--${name}`];
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
/** All options that there are, once. */
const optionsOf = (commands: readonly Command[]): Option[] => [
  ...new Map(commands.flatMap(({ options }) => options).map((option) => [option.name, option])).values(),
];

function bash(commands: readonly Command[]): string {
  const withValue = (isFile: boolean): string =>
    optionsOf(commands)
      .filter(({ value }) => value !== null && (value === FILE) === isFile)
      .flatMap(forms)
      .join(' | ');
  const rows = commands.map(({ name, options, words, takesFiles }) => {
    const own = [`options='${options.flatMap(forms).join(' ')}'`];
    if (words.length > 0) own.push(`words='${words.join(' ')}'`);
    if (takesFiles) own.push('files=yes');
    return `\t${name}) ${own.join(' ')} ;;`;
  });
  const first = [...commands.map(({ name }) => name), '--help', '--version'];
  return `# What bash completes behind ringback.
_ringback() {
	local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} options= words= files= given
	COMPREPLY=()
	if ((COMP_CWORD == 1)); then
		mapfile -t COMPREPLY < <(compgen -W '${first.join(' ')}' -- "$word")
		return
	fi
	case \${COMP_WORDS[1]} in
${rows.join('\n')}
	*) return ;;
	esac
	# --config=FILE is three words to bash.
	[[ $before == = ]] && before=\${COMP_WORDS[COMP_CWORD-2]}
	[[ $word == = ]] && word=
	case $before in
	${withValue(true)}) options= words= files=yes ;;
	${withValue(false)}) return ;;
	esac
	for given in "\${COMP_WORDS[@]:2:COMP_CWORD-2}"; do
		[[ " $words " == *" $given "* ]] && words=
	done
	if [[ $word == -* || -z $words$files ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
	elif [[ -n $files ]]; then
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
	else
		mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
	fi
}
complete -F _ringback ringback`;
}

/** Of a part of a specification of _arguments. */
const escaped = (text: string): string => text.replaceAll(/[\\[\]:]/g, '\\$&');

function zsh(commands: readonly Command[]): string {
  const specification = (option: Option): string => {
    const { summary, value, isMultiple } = option;
    const all = forms(option);
    const end = value === null ? '' : `:${escaped(value)}:${value === FILE ? '_files' : ''}`;
    const about = quoted(`[${escaped(summary)}]${end}`);
    if (all.length > 1) return `'(${all.join(' ')})'{${all.join(',')}}${about}`;
    return `${isMultiple ? "'*'" : ''}${all[0]}${about}`;
  };
  const rows = commands.map(({ name, options, words, takesFiles }) => {
    const own = options.map(specification);
    if (words.length > 0) own.push(quoted(`1:what:(${words.join(' ')})`));
    if (takesFiles) own.push(quoted(`*:${FILE}:_files`));
    return `\t${name}) _arguments ${own.join(' ')} ;;`;
  });
  const described = commands.map(({ name, summary }) => `\t\t${quoted(`${name}:${summary}`)}`);
  return `#compdef ringback
# What zsh completes behind ringback.
_ringback() {
	local -a commands=(
${described.join('\n')}
	)
	if (( CURRENT == 2 )); then
		_describe command commands
		return
	fi
	shift words
	(( CURRENT-- ))
	case $words[1] in
${rows.join('\n')}
	esac
}
if [[ $funcstack[1] == _ringback ]]; then
	_ringback "$@"
else
	compdef _ringback ringback
fi`;
}

/** Where a backslash stands for itself but before a quotation mark or another one. */
const fishQuoted = (text: string): string => `'${text.replaceAll(/[\\']/g, '\\$&')}'`;

function fish(commands: readonly Command[]): string {
  const lines = commands.flatMap(({ name, summary, options, words, takesFiles }) => {
    const here = `__fish_seen_subcommand_from ${name}`;
    const begin = `complete -c ringback -n ${fishQuoted(here)}`;
    const own = options.map(({ name: long, short, summary: about, value }) => {
      const takes = value === null ? '' : value === FILE ? ' -r -F' : ' -x';
      return `${begin}${short === null ? '' : ` -s ${short}`} -l ${long}${takes} -d ${fishQuoted(about)}`;
    });
    const list = words.join(' ');
    const first = fishQuoted(`${here}; and not __fish_seen_subcommand_from ${list}`);
    return [
      `complete -c ringback -n __fish_use_subcommand -a ${name} -d ${fishQuoted(summary)}`,
      ...own,
      ...(words.length === 0 ? [] : [`complete -c ringback -n ${first} -a ${fishQuoted(list)}`]),
      ...(takesFiles ? [`${begin} -F`] : []),
    ];
  });
  return ['# What fish completes behind ringback.', 'complete -c ringback -f', ...lines].join('\n');
}

const MAKERS: Readonly<Record<string, (commands: readonly Command[]) => string>> = { bash, zsh, fish };
export const SHELLS: readonly string[] = Object.keys(MAKERS);

/** The script for a shell. Throws RingbackError('usage'). */
export function completionCommand(commands: readonly Command[], words: readonly string[]): string {
  const [shell, more] = words;
  const there = `there are ${SHELLS.join(', ')}`;
  if (shell === undefined) throw new RingbackError('usage', `completion: which shell? ${there}`);
  if (more !== undefined) throw new RingbackError('usage', `completion: ${more} is too much; ${there}`);
  const maker = Object.hasOwn(MAKERS, shell) ? MAKERS[shell] : undefined;
  if (maker !== undefined) return maker(commands);
  const meant = nearest(shell, SHELLS);
  const advice = meant === null ? there : `do you mean ${meant}? ${there}`;
  throw new RingbackError('usage', `completion: no shell ${JSON.stringify(shell)}; ${advice}`);
}
