using System.Buffers;
using Posthorn.Core;
using Posthorn.Core.Bodies;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;
using Posthorn.Server.Imap.Fetching;

namespace Posthorn.Server.Imap.Appending;

/// <summary>Takes the messages of one APPEND or REPLACE as they come: literals, and parts of messages that are here already.</summary>
/// <remarks>
/// What can be refused is refused before the client is told to send. After a refusal the command is gone past, so that the next one is found: the literal
/// that the command's first line announced by the loop, as for every command, a later one here.
/// </remarks>
/// <param name="session">The session.</param>
/// <param name="mailbox">Where they go.</param>
/// <param name="messages">Gets those that are whole; the caller disposes them.</param>
/// <param name="replaced">What REPLACE takes away for the one message that comes; null: APPEND.</param>
internal sealed class AppendReception(ImapSession session, Mailbox mailbox, List<NewMessage> messages, ReplacedMessage? replaced) : IAsyncDisposable
{
    /// <summary>Messages of one APPEND (RFC 3502): up to 64 KiB of each are held until the last one is here.</summary>
    public const int MaxMessages = 200;

    private readonly SectionReader _sections = new();
    private AppendStep.Begin _options = new(FlagList.Empty, null);
    private MessageWriter? _writer;

    // Octets of all messages, announced ones included; of them those that no client had to send.
    private long _octets;
    private long _copied;

    // Announced by a later line, and nothing of it was read.
    private LiteralHeader? _open;

    /// <summary>Takes all messages and the end of the command. Null: they are here.</summary>
    public async ValueTask<ImapResult?> RunAsync(AppendLine line, CancellationToken cancel)
    {
        try
        {
            while (true)
            {
                foreach (AppendStep step in line.Steps)
                {
                    if (await TakeAsync(step, cancel) is { } refused)
                    {
                        return await PassAsync(cancel) ?? refused;
                    }
                }

                if (line.Literal is null)
                {
                    return null;
                }

                (ImapResult? fault, AppendLine? next) = await NextAsync(line.Next, cancel);
                if (next is null)
                {
                    return fault;
                }

                line = next;
            }
        }
        catch (StoreUnavailableException)
        {
            if (await PassAsync(cancel) is { } left)
            {
                return left;
            }

            throw;
        }
    }

    public ValueTask DisposeAsync() => _writer?.DisposeAsync() ?? ValueTask.CompletedTask;

    private ValueTask<ImapResult?> TakeAsync(AppendStep step, CancellationToken cancel) => step switch
    {
        AppendStep.Begin begin => new(Begin(begin)),
        AppendStep.Literal literal => ReadAsync(literal, cancel),
        AppendStep.Url url => CopyAsync(url.Text, cancel),
        _ => EndAsync(cancel),
    };

    private ImapResult? Begin(AppendStep.Begin options)
    {
        if (replaced is not null && messages.Count == 1)
        {
            return ImapResult.Bad("REPLACE takes one message.");
        }

        if (messages.Count == MaxMessages)
        {
            return ImapResult.No(ResponseCode.Limit, $"One APPEND takes {MaxMessages} messages");
        }

        (_options, _writer) = (options, session.Services.Messages.StartMessage());
        return null;
    }

    private async ValueTask<ImapResult?> ReadAsync(AppendStep.Literal literal, CancellationToken cancel)
    {
        if (literal is { IsWhole: true, Header.Length: 0 } && messages.Count > 0)
        {
            // RFC 3502 §6.3.11: so the client takes all of it back.
            return ImapResult.No(default, "APPEND was cancelled by an empty message");
        }

        // Octets that are on their way already, and few, are refused by the filing: asking before saves nobody anything.
        bool asks = literal.Header.IsSynchronizing || literal.Header.Length > MessageWriter.InlineBytes - _writer!.Length;
        if (await ObjectAsync(literal.Header.Length, asks, cancel) is { } refused)
        {
            return refused;
        }

        if (literal.Header.IsSynchronizing)
        {
            session.Writer.Continue("OK"u8);
        }

        _open = null;
        return await ReceiveAsync(cancel);
    }

    private async ValueTask<ImapResult?> CopyAsync(string url, CancellationToken cancel)
    {
        if (!MessageUrl.TryParse(url, session.Selected?.Name, out MessageUrl? parsed))
        {
            return BadUrl(url, "That is no relative URL of a message");
        }

        await using CatenatedPart? part = await CatenatedPart.OpenAsync(session, parsed!, _sections, cancel);
        if (part is null)
        {
            return BadUrl(url, "There is no such message, or no such part of it");
        }

        // A client that sends a few octets must not have the server write gigabytes.
        _copied += part.Length;
        if (_copied > session.Services.Limits.MaxMessageBytes)
        {
            return ImapResult.No(ResponseCode.TooBig, $"One APPEND copies {session.Services.Limits.MaxMessageBytes} octets at the most");
        }

        if (await ObjectAsync(part.Length, asks: true, cancel) is { } refused)
        {
            return refused;
        }

        await part.CopyToAsync(_writer!, cancel);
        return null;
    }

    private async ValueTask<ImapResult?> EndAsync(CancellationToken cancel)
    {
        IncomingMessage content = await _writer!.CompleteAsync(cancel);
        messages.Add(new NewMessage(content, _options.Flags.Flags, _options.Flags.Keywords, _options.InternalDate));
        await _writer.DisposeAsync();
        _writer = null;
        return null;
    }

    /// <summary>What can be refused is refused before the client sends what would be thrown away (RFC 9208 §4.3.1). REPLACE needs the difference (RFC 8508 §3.4).</summary>
    private async ValueTask<ImapResult?> ObjectAsync(long more, bool asks, CancellationToken cancel)
    {
        if (more > session.Services.Limits.MaxMessageBytes - _writer!.Length)
        {
            return ImapResult.No(ResponseCode.TooBig, $"A message may have {session.Services.Limits.MaxMessageBytes} octets");
        }

        _octets += more;
        if (!asks)
        {
            return null;
        }

        long octets = _octets - (replaced?.SizeBytes ?? 0), count = messages.Count + (replaced is null ? 1 : 0);
        return await session.Services.Quotas.ObjectToAsync(session.Actor!, mailbox.Account, mailbox.Id, octets, count, cancel) is { } refusal
            ? ResponseCode.RefuseFiling(refusal, mailbox, session.Account!.Id)
            : null;
    }

    // RFC 4469 §4.1; url-resp-text has no "]".
    private static ImapResult BadUrl(string url, string text) => ImapResult.No(
        new ResponseCode("BADURL " + string.Concat(url.Select(static c => char.IsControl(c) || c is ']' or > '~' ? $"%{(int)c:X2}" : c.ToString()))), text);

    /// <summary>Goes past a literal that will not be taken. Null: the next command can be read.</summary>
    private async ValueTask<ImapResult?> PassAsync(CancellationToken cancel) =>
        _open is { } literal && await session.Commands.SkipLiteralAsync(literal, cancel) is not ImapFrameStatus.Command and ImapFrameStatus cut ? session.Leave(cut) : null;

    /// <summary>Takes a literal. Null: it is here.</summary>
    private async ValueTask<ImapResult?> ReceiveAsync(CancellationToken cancel)
    {
        try
        {
            ImapFrameStatus status = await session.Commands.ReadLiteralAsync(_writer, cancel);
            return status == ImapFrameStatus.Command ? null : session.Leave(status);
        }
        catch (StoreUnavailableException)
        {
            // The client is sending already: what comes is gone past, so that the next command is found.
            ImapFrameStatus status = await session.Commands.ReadLiteralAsync(null, cancel);
            status = status == ImapFrameStatus.Command ? (await session.Commands.ReadEndAsync(cancel)).Status : status;
            if (status != ImapFrameStatus.Command)
            {
                return session.Leave(status);
            }

            throw;
        }
    }

    /// <summary>What stands behind a literal.</summary>
    private async ValueTask<(ImapResult? Fault, AppendLine? Next)> NextAsync(AppendState state, CancellationToken cancel)
    {
        ImapFrame line = await session.Commands.ReadContinuationAsync(cancel);
        if (line.Status != ImapFrameStatus.Command)
        {
            return (session.Leave(line.Status), null);
        }

        if (TryParse(line.Bytes.ToArray(), state) is { } next)
        {
            _open = line.Message;
            return (null, next);
        }

        ImapFrameStatus status = await session.Commands.SkipRestAsync(line, cancel);
        return (status == ImapFrameStatus.Command ? ImapResult.Bad("There is more than the command takes.") : session.Leave(status), null);
    }

    private AppendLine? TryParse(byte[] line, AppendState state)
    {
        var reader = new ImapReader(line, session.Writer.Dialect);
        try
        {
            AppendLine next = AppendGrammar.Read(ref reader, state);
            reader.End();
            return next;
        }
        catch (ImapSyntaxException)
        {
            return null;
        }
    }
}

/// <summary>A message that goes when another has come.</summary>
internal sealed record ReplacedMessage(AccountId Account, long SizeBytes);
