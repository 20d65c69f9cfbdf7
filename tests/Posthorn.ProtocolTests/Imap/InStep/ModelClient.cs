using System.Globalization;
using System.Text;
using Posthorn.Core.Messages;

namespace Posthorn.ProtocolTests.Imap.InStep;

/// <summary>A client of one mailbox that does what the steps say, several commands at once, and holds every answer against its model.</summary>
/// <param name="port">Of the node that it talks to first; after a break it goes to the other one.</param>
/// <param name="otherPort">Of another node, or the same.</param>
/// <param name="mailbox">What it opens; other clients do, too.</param>
/// <param name="keyword">A keyword that this client alone changes.</param>
internal sealed class ModelClient(int port, int otherPort, ClientKind kind, string mailbox, string keyword) : IAsyncDisposable
{
    public const string Elsewhere = "Archive";

    private readonly Dictionary<uint, bool> _own = [];
    private readonly HashSet<uint> _open = [];
    private readonly List<string> _past = [];
    private PipelinedTalk? _talk;
    private readonly MailboxModel _model = new();
    private bool _isSelected;
    private readonly int[] _ports = [port, otherPort];
    private int _node;
    private int _tag;

    /// <summary>Of the node that it talks to.</summary>
    public int Port => _ports[_node];

    private bool Resumes => kind >= ClientKind.QResync;

    private bool ByUid => kind >= ClientKind.UidOnly;

    public IReadOnlyList<uint> Uids => _model.Uids;

    public IReadOnlyDictionary<uint, string> Flags => _model.Flags;

    /// <summary>What this client did to its keyword and was told is done; not where a command broke off, which may be done later than another.</summary>
    public IEnumerable<KeyValuePair<uint, bool>> Own => _own.Where(own => !_open.Contains(own.Key));

    /// <summary>What was said and heard.</summary>
    public string Transcript => string.Join('\n', [$"--- {kind}", .. _past, .. _talk?.Transcript ?? []]);

    public async Task StartAsync(CancellationToken cancel)
    {
        await ConnectAsync(cancel);
        await SelectAsync(all: true, cancel);
    }

    public async Task RunAsync(IReadOnlyList<Step> steps, CancellationToken cancel)
    {
        var batch = new List<Command>();
        foreach (Step step in steps)
        {
            if (step.Kind is StepKind.Resume or StepKind.Break)
            {
                await SendAsync(batch, breaks: step.Kind == StepKind.Break, cancel);
                batch.Clear();
                await ComeBackAsync(step, cancel);
            }
            else
            {
                batch.Add(CommandOf(step));
            }
        }

        await SendAsync(batch, breaks: false, cancel);
    }

    /// <summary>Hears what is new; of messages whose UIDs it was not told it asks.</summary>
    public async Task CatchUpAsync(CancellationToken cancel)
    {
        await SendAsync([new Command("NOOP")], breaks: false, cancel);
        if (_model.Uids.Count < _model.Count)
        {
            await SendAsync([All], breaks: false, cancel);
        }
    }

    /// <summary>Reads everything: nothing of it is news.</summary>
    public async Task HoldAgainstAllAsync(CancellationToken cancel)
    {
        var before = _model.Flags.ToDictionary();
        uint[] uids = [.. _model.Uids];
        await SendAsync([All], breaks: false, cancel);
        Assert.Equal(uids, _model.Uids);
        Assert.All(before, known => Assert.True(_model.Flags[known.Key] == known.Value, $"UID {known.Key} has {_model.Flags[known.Key]}, the client knew {known.Value}"));
    }

    public async ValueTask DisposeAsync()
    {
        if (_talk is not null)
        {
            await _talk.DisposeAsync();
        }
    }

    private static Command All => new("UID FETCH 1:* (UID FLAGS)");

    private async Task ComeBackAsync(Step step, CancellationToken cancel)
    {
        bool all = step.A % 2 == 0;
        if (step.Kind == StepKind.Break)
        {
            await _talk!.DisposeAsync();
            _past.AddRange(_talk.Transcript);
            _node = 1 - _node;
            await ConnectAsync(cancel);
        }
        else if (step.B % 2 == 0)
        {
            await SendAsync([new Command("UNSELECT")], breaks: false, cancel);
        }

        await SelectAsync(all, cancel);
    }

    private async Task ConnectAsync(CancellationToken cancel)
    {
        _talk = await PipelinedTalk.ConnectAsync(_ports[_node], cancel);
        _isSelected = false;
        List<Command> first = [new($"LOGIN {TestServer.You} \"{TestServer.Password}\"")];
        if (kind is ClientKind.CondStore)
        {
            first.Add(new Command("ENABLE CONDSTORE"));
        }

        if (Resumes)
        {
            first.Add(new Command(kind == ClientKind.UidOnly ? "ENABLE QRESYNC UIDONLY" : "ENABLE QRESYNC"));
        }

        if (kind == ClientKind.Notify)
        {
            first.Add(new Command("NOTIFY SET (selected (MessageNew (UID FLAGS) MessageExpunge FlagChange))"));
        }

        await SendAsync(first, breaks: false, cancel);
    }

    private async Task SelectAsync(bool all, CancellationToken cancel)
    {
        bool resumes = Resumes && _model.HighestModSeq != 0;

        // Who named the UIDs it knows would not be told of one among them that it does not know.
        all |= _model.Uids.Count < _model.Count;
        string known = all || _model.Uids.Count == 0 ? "" : " " + UidSet.From(_model.Uids);
        string parameter = resumes
            ? string.Create(CultureInfo.InvariantCulture, $" (QRESYNC ({_model.UidValidity} {_model.HighestModSeq}{known}))")
            : "";
        List<Command> commands = [new($"SELECT {mailbox}{parameter}") { Selects = new Selection(resumes, all || known.Length == 0, [.. _model.Uids], _model.HighestModSeq) }];
        if (!resumes)
        {
            commands.Add(All);
        }

        await SendAsync(commands, breaks: false, cancel);
    }

    private async Task SendAsync(IReadOnlyList<Command> commands, bool breaks, CancellationToken cancel)
    {
        var text = new StringBuilder();
        var tags = new List<string>();
        foreach (Command command in commands)
        {
            tags.Add($"t{++_tag} ");
            text.Append(tags[^1]).Append(command.Text).Append("\r\n");
        }

        if (text.Length == 0)
        {
            return;
        }

        await _talk!.SayAsync(text.ToString(), cancel);
        if (breaks)
        {
            // Nobody knows what became of them.
            foreach (Command command in commands)
            {
                _open.Add(command.OwnUid);
            }

            return;
        }

        for (int i = 0; i < commands.Count; i++)
        {
            await HearAsync(commands[i], tags[i], cancel);
        }
    }

    private async Task HearAsync(Command command, string tag, CancellationToken cancel)
    {
        bool isOld = _isSelected;
        if (command.Selects is { } selects && !isOld)
        {
            _model.Select(selects.Resumes, selects.All, selects.Asked, selects.Since);
        }

        _model.Listen();
        IReadOnlyList<uint> silent = command.Silent is { } range ? _model.Range(range.First, range.Last) : [];
        while (true)
        {
            string line = await _talk!.LineAsync(cancel);
            if (line.StartsWith("* ", StringComparison.Ordinal))
            {
                Assert.False(line.StartsWith("* BYE", StringComparison.Ordinal), line);
                if (isOld && command.Selects is { } next && line.StartsWith("* OK [CLOSED]", StringComparison.Ordinal))
                {
                    // What came before is of the mailbox as it was open (RFC 7162 §3.2.11).
                    _model.Select(next.Resumes, next.All, next.Asked, next.Since);
                    isOld = false;
                    continue;
                }

                CheckNumbers(command, line);

                // Who hears at any time cannot tell what came before its command was read.
                bool holds = kind != ClientKind.Notify && command.HoldsExpunges;
                _model.Untagged(line[2..], holds, Resumes, command.Selects is { Resumes: true } && !isOld);
            }
            else if (line.StartsWith(tag, StringComparison.Ordinal))
            {
                // BAD: no message was looked for, since the numbers went beyond the last one by then.
                if (command.Silent is { } done && !line.AsSpan(tag.Length).StartsWith("BAD", StringComparison.Ordinal))
                {
                    _model.Apply(silent, done.Flag, done.Sets);
                }

                _model.Tagged(line);
                Done(command, line[tag.Length..]);
                return;
            }
        }
    }

    private void CheckNumbers(Command command, string line)
    {
        if (command.Text.StartsWith("SEARCH", StringComparison.Ordinal) && line.StartsWith("* SEARCH ", StringComparison.Ordinal))
        {
            Assert.All(line["* SEARCH ".Length..].Split(' '), number => Assert.InRange(int.Parse(number, CultureInfo.InvariantCulture), 1, _model.Count));
        }
    }

    private void Done(Command command, string reply)
    {
        bool isGone = reply.StartsWith("NO [EXPUNGEISSUED]", StringComparison.Ordinal) || reply.StartsWith("BAD There is no message", StringComparison.Ordinal);
        Assert.True(isGone || reply.StartsWith("OK", StringComparison.Ordinal), $"{command.Text}: {reply}");
        _isSelected = command.Selects is not null || (_isSelected && command.Text != "UNSELECT");
        if (command.OwnUid != 0 && !isGone && !reply.Contains("[MODIFIED", StringComparison.Ordinal))
        {
            _own[command.OwnUid] = command.OwnSets;
        }
    }

    private Command CommandOf(Step step)
    {
        IReadOnlyList<uint> uids = _model.Uids;
        uint uid = uids.Count == 0 ? 1 : uids[step.A % uids.Count];
        int number = 1 + (step.A % Math.Max(1, _model.Count)), last = 1 + (step.B % Math.Max(1, _model.Count));
        bool sets = step.B % 2 == 0, byUid = ByUid || step.B % 5 == 0, isSilent = !byUid && step.B % 3 == 0;
        string sign = sets ? "+" : "-", silent = isSilent ? ".SILENT" : "";
        (int low, int high) = (Math.Min(number, last), Math.Max(number, last));
        return step.Kind switch
        {
            StepKind.Flag => new($"{(byUid ? $"UID STORE {uid}" : $"STORE {low}:{high}")} {sign}FLAGS{silent} (\\Flagged)")
            {
                Silent = isSilent ? (low, high, "\\Flagged", sets) : null,
            },
            StepKind.OwnKeyword => new($"UID STORE {uid} {sign}FLAGS ({keyword})") { OwnUid = uid, OwnSets = sets },
            StepKind.OwnKeywordIfUnchanged when kind != ClientKind.Plain =>
                new(string.Create(CultureInfo.InvariantCulture, $"UID STORE {uid} (UNCHANGEDSINCE {_model.HighestModSeq}) {sign}FLAGS ({keyword})"))
                {
                    OwnUid = uid,
                    OwnSets = sets,
                },
            StepKind.Delete => new(byUid ? $"UID STORE {uid} +FLAGS (\\Deleted)" : $"STORE {number} +FLAGS{silent} (\\Deleted)")
            {
                Silent = isSilent ? (number, number, "\\Deleted", true) : null,
            },
            StepKind.Expunge => new("EXPUNGE"),
            StepKind.UidExpunge => new($"UID EXPUNGE {uid}:*"),
            StepKind.Fetch => new(ByUid ? $"UID FETCH {uid} (UID FLAGS)" : $"FETCH {low}:{high} (UID FLAGS)"),
            StepKind.FetchAll => All,
            StepKind.Search => new(ByUid ? "UID SEARCH FLAGGED" : "SEARCH UNFLAGGED"),
            StepKind.Copy => new(ByUid ? $"UID COPY {uid} {mailbox}" : $"COPY {number} {mailbox}"),
            StepKind.Move => new(ByUid ? $"UID MOVE {uid} {Elsewhere}" : $"MOVE {number} {Elsewhere}"),
            StepKind.Append => new($"APPEND {mailbox} {{6+}}\r\nA: b\r\n"),
            StepKind.Idle => new("IDLE\r\nDONE"),
            _ => new("NOOP"),
        };
    }

    /// <param name="Text">Without its tag.</param>
    private readonly record struct Command(string Text)
    {
        /// <summary>The message whose own keyword it changes; 0: none.</summary>
        public uint OwnUid { get; init; }

        public bool OwnSets { get; init; }

        public Selection? Selects { get; init; }

        /// <summary>A STORE that tells nothing where all comes out as asked: of which numbers, and what.</summary>
        public (int First, int Last, string Flag, bool Sets)? Silent { get; init; }

        // RFC 9051 §7.5.1.
        public bool HoldsExpunges => Text.StartsWith("FETCH", StringComparison.Ordinal) || Text.StartsWith("STORE", StringComparison.Ordinal)
            || Text.StartsWith("SEARCH", StringComparison.Ordinal);
    }
    /// <param name="Resumes">By QRESYNC.</param>
    /// <param name="All">The client does not say which UIDs it knows.</param>
    /// <param name="Asked">Those that it knew.</param>
    /// <param name="Since">The modseq that it knew.</param>
    private readonly record struct Selection(bool Resumes, bool All, IReadOnlyList<uint> Asked, long Since);
}
