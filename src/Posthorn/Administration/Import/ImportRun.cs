using Posthorn.Core;
using Posthorn.Core.Bodies;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;
using Posthorn.Standards;
using Posthorn.Standards.Imap;

namespace Posthorn.Administration.Import;

/// <summary>
/// One run of an import: messages gather in a batch, a batch is one transaction with the position behind it. Memory is bounded by the batch: what is
/// larger than <see cref="MessageWriter.InlineBytes"/> lies in a file from the start.
/// </summary>
internal sealed class ImportRun(OperationContext context, AccountId account, bool restart) : IAsyncDisposable
{
    /// <summary>Messages of one transaction.</summary>
    public const int BatchSize = 200;

    /// <summary>Problems named in the report; the rest is counted.</summary>
    public const int ProblemsListed = 20;

    private readonly Messages _messages = context.Services.GetRequiredService<Messages>();
    private readonly Mailboxes _mailboxes = context.Services.GetRequiredService<Mailboxes>();
    private readonly long _maxMessageBytes = context.Services.GetRequiredService<StoreOptions>().MaxMessageBytes;
    private readonly List<NewMessage> _batch = new(BatchSize);
    private readonly List<ImportProblem> _problems = [];
    private readonly List<string> _names = [];
    private readonly Dictionary<string, string> _positions = [];
    private readonly byte[] _buffer = new byte[64 * 1024];
    private long _broken;
    private long _notImported;
    private bool _resumed;

    /// <summary>Messages committed by this run.</summary>
    public long Imported { get; private set; }

    public bool IsFull => _batch.Count >= BatchSize;

    public IProgress<WorkProgress> Progress => context.Progress;

    public ImportReport Report() => new(Imported, _broken, _notImported, _resumed, _names, _problems);

    /// <summary>The mailbox of this name, made where there is none.</summary>
    public async ValueTask<Result<Mailbox>> OpenAsync(string name, CancellationToken cancel)
    {
        Result<Mailbox> found = await _mailboxes.FindAsync(context.Actor, account, name, cancel);
        Result<Mailbox> opened = found.IsOk ? found : await _mailboxes.CreateAsync(context.Actor, account, name, SpecialUse.None, cancel);
        if (opened.IsOk && !_names.Contains(opened.Value.Name))
        {
            _names.Add(opened.Value.Name);
        }

        return opened;
    }

    /// <summary>Where an earlier run stopped; empty: nowhere, or it is to begin anew.</summary>
    public async ValueTask<string> PositionAsync(Mailbox mailbox, string source, CancellationToken cancel)
    {
        if (restart)
        {
            // At once: a kill before the first batch must not bring the old position back.
            _ = (await _messages.AppendAsync(context.Actor, account, mailbox.Id, [], new ImportMark(source, After: null, ""), cancel)).Value;
            return _positions[source] = "";
        }

        string position = (await _messages.ImportPositionAsync(context.Actor, account, mailbox.Id, source, cancel)).Value;
        _resumed |= position.Length > 0;
        return _positions[source] = position;
    }

    /// <summary>Reads one message into the batch.</summary>
    /// <param name="uidl">POP3's id from an export of Posthorn; anything else is given a new one.</param>
    /// <param name="received">Null: the Date of its header, else now.</param>
    /// <param name="fault">What is known to be wrong with it.</param>
    public async ValueTask AddAsync(
        string place, Stream content, IReadOnlyList<string> flags, string uidl, DateTimeOffset? received, string? fault, CancellationToken cancel)
    {
        var inspection = new ImportInspection();
        // The caller owns the source.
        var lines = new CrlfStream(content);
        await using MessageWriter writer = _messages.StartMessage();
        while (await lines.ReadAsync(_buffer, cancel) is var count and > 0)
        {
            if (writer.Length + count > _maxMessageBytes)
            {
                LeaveOut(place, FormattableString.Invariant($"is larger than limits.maxMessageBytes, {_maxMessageBytes}"));
                return;
            }

            inspection.Add(_buffer.AsSpan(0, count));
            await writer.WriteAsync(_buffer.AsMemory(0, count), cancel);
        }

        IncomingMessage message = await writer.CompleteAsync(cancel);
        string? kept = Uidl.IsValid(uidl) ? uidl : null;
        _batch.Add(new NewMessage(message, SystemFlags(flags), [.. flags.Where(flag => FlagKeyword.IsValid(flag))], received ?? message.Metadata.Sent, kept));
        if ((fault ?? inspection.Fault()) is { } wrong)
        {
            _broken++;
            Name(new ImportProblem(place, wrong, Imported: true));
        }
    }

    public void LeaveOut(string place, string reason, long messages = 1)
    {
        _notImported += messages;
        Name(new ImportProblem(place, reason, Imported: false));
    }

    /// <summary>Commits the batch together with the position behind it.</summary>
    /// <returns>Null: done.</returns>
    public async ValueTask<Refusal?> CommitAsync(Mailbox mailbox, string source, string position, CancellationToken cancel)
    {
        await FitKeywordsAsync(mailbox, cancel);
        var mark = new ImportMark(source, _positions[source], position);
        Result<Appended> appended = await _messages.AppendAsync(context.Actor, account, mailbox.Id, _batch, mark, cancel);
        if (appended.IsOk)
        {
            _positions[source] = position;
            Imported += _batch.Count;
        }

        await DropBatchAsync();
        return appended.Refusal;
    }

    public ValueTask DisposeAsync() => DropBatchAsync();

    private async ValueTask DropBatchAsync()
    {
        foreach (NewMessage message in _batch)
        {
            await message.Content.DisposeAsync();
        }

        _batch.Clear();
    }

    /// <summary>A mailbox names only so many keywords: those that find no room are left out and reported, once each.</summary>
    private async ValueTask FitKeywordsAsync(Mailbox mailbox, CancellationToken cancel)
    {
        if (_batch.All(message => message.Keywords.Count == 0))
        {
            return;
        }

        var room = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        if ((await _mailboxes.GetAsync(context.Actor, account, mailbox.Id, cancel)).TryGet(out Mailbox? now, out _))
        {
            room.UnionWith(now.Keywords);
        }

        for (int i = 0; i < _batch.Count; i++)
        {
            string[] fitting = [.. _batch[i].Keywords.Where(keyword => room.Contains(keyword) || (room.Count < KeywordBits.Most && room.Add(keyword)))];
            foreach (string lost in _batch[i].Keywords.Except(fitting))
            {
                var problem = new ImportProblem(
                    $"keyword {lost}", $"is left out: {mailbox.Name} has {KeywordBits.Most} keywords already; its messages are imported without it", Imported: true);
                if (!_problems.Contains(problem))
                {
                    Name(problem);
                }
            }

            _batch[i] = _batch[i] with { Keywords = fitting };
        }
    }

    private void Name(ImportProblem problem)
    {
        if (_problems.Count < ProblemsListed)
        {
            _problems.Add(problem);
        }
    }

    private static MessageFlags SystemFlags(IReadOnlyList<string> flags) => flags.Aggregate(MessageFlags.None, static (mask, flag) => mask | flag.ToUpperInvariant() switch
    {
        @"\SEEN" => MessageFlags.Seen,
        @"\ANSWERED" => MessageFlags.Answered,
        @"\FLAGGED" => MessageFlags.Flagged,
        @"\DELETED" => MessageFlags.Deleted,
        @"\DRAFT" => MessageFlags.Draft,
        _ => MessageFlags.None,
    });
}
