using System.Buffers;
using Microsoft.Extensions.Logging;
using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Core.Watching;
using Posthorn.Server.Connections;

namespace Posthorn.Server.Imap;

/// <summary>One client's session, from the greeting to the end: RFC 9051, and RFC 3501 to clients that do not enable it.</summary>
/// <remarks>
/// <see cref="RunAsync(CancellationToken)"/> is the loop: read, parse, look up the row, check its traits, run, tell pending updates, reply; responses are flushed when
/// the next command has to be waited for. A session runs one command at a time on whatever thread; nothing here is locked.
/// </remarks>
internal sealed partial class ImapSession : IDisposable
{
    public const string Protocol = "imap";

    /// <summary>Octets of a tag; the RFC has no limit, clients use about five.</summary>
    private const int MaxTagBytes = 128;

    private long _started;
    private byte[] _tag = new byte[16];
    private int _tagLength;
    private int _badCommands;
    private int _failedLogins;

    public ImapSession(MailConnection connection, ImapServices services)
    {
        (Connection, Services) = (connection, services);
        Writer = new ImapResponseWriter(connection.Output);
        Commands = new ImapCommandReader(connection.Input, Writer, services.Limits, services.Time);
        Progress = new CommandProgress(this);
        _started = services.Time.GetTimestamp();
        _wake = Wake;
    }

    public MailConnection Connection { get; }

    public ImapServices Services { get; }

    public ImapResponseWriter Writer { get; }

    public ImapCommandReader Commands { get; }

    /// <summary>Of the command that runs.</summary>
    public CommandProgress Progress { get; }

    /// <summary>The tag of the command that runs.</summary>
    public ReadOnlySpan<byte> Tag => _tag.AsSpan(0, _tagLength);

    /// <summary>Who is logged in.</summary>
    public Actor? Actor { get; private set; }

    public Account? Account { get; private set; }

    public SelectedMailbox? Selected { get; private set; }

    /// <summary>Set by a command that ends the session after its reply.</summary>
    public EndReason? End { get; set; }

    public ImapStates State => Account is null ? ImapStates.NotAuthenticated : Selected is null ? ImapStates.Authenticated : ImapStates.Selected;

    public async ValueTask<EndReason> RunAsync(CancellationToken cancel)
    {
        Writer.Status("OK"u8, ImapCapabilities.Code(ImapCapabilities.Of(this)), "Posthorn is ready");
        while (true)
        {
            ImapFrame frame = await ReadAsync(cancel);
            if (frame.Status != ImapFrameStatus.Command)
            {
                return await GoodbyeAsync(frame.Status, cancel);
            }

            long started = Services.Time.GetTimestamp();
            Progress.Begin(started);
            (ImapCommandRow? row, IImapCommand? command, ImapResult result) = Parse(frame.Bytes);
            if (command is not null)
            {
                result = await RunAsync(row!, command, cancel);
            }

            if (End is null && frame.Message is { } literal && await Commands.SkipLiteralAsync(literal, cancel) is not ImapFrameStatus.Command and ImapFrameStatus cut)
            {
                return await GoodbyeAsync(cut, cancel);
            }

            if (Writer.IsMidResponse)
            {
                // A fault left half a response behind; nothing that follows could be understood.
                return EndReason.Error;
            }

            if (result.Status != ImapStatus.Replied)
            {
                Writer.Tagged(Tag, result, row?.Name ?? "Command");
            }

            Record(row, result, started);
            if (End is { } reason || IsOver(result, out reason) || IsGone(out reason))
            {
                await Writer.FlushAsync(cancel);
                return reason;
            }
        }
    }

    /// <summary>Runs a command and tells what changed meanwhile; faults become replies here and nowhere else.</summary>
    private async ValueTask<ImapResult> RunAsync(ImapCommandRow row, IImapCommand command, CancellationToken cancel)
    {
        try
        {
            if (row.ByUid)
            {
                // Expunges wait for the end: UID SEARCH may carry sequence numbers, and they are those that the client knows.
                await TellUpdatesAsync(expunges: false, cancel);
            }

            if (Selected is { View: { IsWhole: false } view } && command.Messages?.ReachesFarBack(view) is true)
            {
                await view.LoadAsync(cancel);
            }

            ImapResult result = End is null ? await command.RunAsync(this, cancel) : ImapResult.Replied;
            if (End is not null)
            {
                return result;
            }

            await TellUpdatesAsync(!row.Traits.HasFlag(CommandTraits.HoldsExpunges), cancel);
            return WithModSeq(result);
        }
        catch (ImapSyntaxException fault)
        {
            return ImapResult.Bad(fault.Message);
        }
        catch (StoreUnavailableException fault)
        {
            LogUnavailable(Services.Logger, fault, Connection.Id, row.Name);
            return ImapResult.No(ResponseCode.Unavailable, fault.IsFull ? "The server has no room left; try again later" : "The store is not available; try again later");
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            string correlation = Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(6));
            LogFault(Services.Logger, fault, Connection.Id, row.Name, correlation);
            return ImapResult.No(ResponseCode.ServerBug, $"The server failed; its log has it as {correlation}");
        }
    }

    /// <summary>Nothing of the frame is used after this: a command holds what it needs.</summary>
    private (ImapCommandRow? Row, IImapCommand? Command, ImapResult Result) Parse(in ReadOnlySequence<byte> bytes)
    {
        if (bytes.IsSingleSegment)
        {
            return Parse(bytes.FirstSpan);
        }

        int length = (int)bytes.Length;
        byte[] joined = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            bytes.CopyTo(joined);
            return Parse(joined.AsSpan(0, length));
        }
        finally
        {
            // It may hold a password.
            ArrayPool<byte>.Shared.Return(joined, clearArray: true);
        }
    }

    private (ImapCommandRow? Row, IImapCommand? Command, ImapResult Result) Parse(ReadOnlySpan<byte> bytes)
    {
        ImapCommandRow? row = null;
        SetTag("*"u8);
        var reader = new ImapReader(bytes, Writer.Dialect);
        try
        {
            SetTag(reader.Tag());
            reader.Space();
            row = ImapCommandTable.Find(reader.CommandName());
            if (row is null)
            {
                End = IsHttp(Tag) ? EndReason.CrossProtocol : End;
                return (null, null, ImapResult.Bad("There is no such command"));
            }

            if (Object(row) is { } refusal)
            {
                return (row, null, refusal);
            }

            IImapCommand command = row.Parse(ref reader);
            reader.End();
            return (row, command, default);
        }
        catch (ImapSyntaxException fault)
        {
            return (row, null, ImapResult.Bad(fault.Message));
        }
    }

    /// <summary>Why the command may not come now; by its row alone.</summary>
    private ImapResult? Object(ImapCommandRow row)
    {
        if ((row.States & State) == 0)
        {
            return ImapResult.Bad(State switch
            {
                ImapStates.NotAuthenticated => $"{row.Name} needs a login first",
                ImapStates.Authenticated when row.States == ImapStates.Selected => $"{row.Name} needs a selected mailbox",
                _ => $"{row.Name} comes before login",
            });
        }

        if (row.Traits.HasFlag(CommandTraits.SequenceNumbers) && Writer.Dialect.HasFlag(ImapDialect.UidOnly))
        {
            return ImapResult.Bad(ResponseCode.UidRequired, $"UIDONLY is on: say UID {row.Name}");
        }

        if (row.Traits.HasFlag(CommandTraits.NeedsTls) && !Connection.IsTls)
        {
            Connection.Report(ConnectionStep.PasswordWithoutTls);
            return ImapResult.No(ResponseCode.PrivacyRequired, "TLS first: no password travels in the clear");
        }

        return row.Traits.HasFlag(CommandTraits.Writes) && Selected is { IsReadOnly: true }
            ? ImapResult.No(ResponseCode.NoPermission, "The mailbox was opened read-only")
            : null;
    }

    private void SetTag(ReadOnlySpan<byte> tag)
    {
        if (tag.Length > MaxTagBytes)
        {
            throw new ImapSyntaxException("The tag is too long.");
        }

        if (_tag.Length < tag.Length)
        {
            _tag = new byte[MaxTagBytes];
        }

        tag.CopyTo(_tag);
        _tagLength = tag.Length;
    }

    private static bool IsHttp(ReadOnlySpan<byte> tag) =>
        tag.SequenceEqual("GET"u8) || tag.SequenceEqual("POST"u8) || tag.SequenceEqual("HEAD"u8) || tag.SequenceEqual("PUT"u8)
        || tag.SequenceEqual("OPTIONS"u8) || tag.SequenceEqual("CONNECT"u8) || tag.SequenceEqual("DELETE"u8) || tag.SequenceEqual("PATCH"u8);

    /// <summary>How long the client may be silent now.</summary>
    public TimeSpan Timeout
    {
        get
        {
            if (Account is not null)
            {
                return Services.Limits.Autologout;
            }

            TimeSpan left = Services.Limits.LoginTimeout - Services.Time.GetElapsedTime(_started);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    /// <summary>Bad commands and wrong passwords that are too many: says BYE.</summary>
    private bool IsOver(in ImapResult result, out EndReason reason)
    {
        _badCommands += Account is null && result.Status == ImapStatus.Bad ? 1 : 0;
        _failedLogins += result.Code == ResponseCode.AuthenticationFailed ? 1 : 0;
        bool isOver = _badCommands >= Services.Limits.BadCommandsBeforeLogin && Account is null;
        reason = isOver ? EndReason.TooManyBadCommands : EndReason.TooManyFailedLogins;
        isOver |= _failedLogins >= Services.Limits.MaxFailedLogins;
        if (isOver)
        {
            Writer.Status("BYE"u8, default, reason == EndReason.TooManyBadCommands ? "Too many bad commands" : "Too many failed logins");
        }

        return isOver;
    }

    private bool IsGone(out EndReason reason)
    {
        reason = EndReason.ClientClosed;
        return Writer.IsClosed;
    }

    /// <summary>Ends the session because of what reading came to, inside a command: nothing more is replied.</summary>
    public ImapResult Leave(ImapFrameStatus status)
    {
        (EndReason reason, string? text) = status switch
        {
            ImapFrameStatus.TooLong => (EndReason.LineTooLong, "The command is too long"),
            ImapFrameStatus.TimedOut => (EndReason.IdleTimeout, "Nothing was heard for too long"),
            ImapFrameStatus.Stopping when Connection.EndRequested == EndReason.Revoked => (EndReason.Revoked, "The password or the account has changed; log in again"),
            ImapFrameStatus.Stopping => (EndReason.ServerStopping, "The server stops"),
            _ => (EndReason.ClientClosed, null),
        };
        if (text is not null)
        {
            Writer.Status("BYE"u8, status == ImapFrameStatus.TooLong ? ResponseCode.TooBig : default, text);
        }

        End ??= reason;
        return ImapResult.Replied;
    }

    private async ValueTask<EndReason> GoodbyeAsync(ImapFrameStatus status, CancellationToken cancel)
    {
        Leave(status);
        await Writer.FlushAsync(cancel);
        return End ?? EndReason.ClientClosed;
    }

    private void Record(ImapCommandRow? row, in ImapResult result, long started)
    {
        TimeSpan duration = Services.Time.GetElapsedTime(started);
        string name = row?.Name ?? "unknown";
        Services.Metrics.Command(name, result.Status, duration);
        LogCommand(Services.Logger, Connection.Id, name, result.Status, duration);
    }

    public void Dispose() => LeaveAccount();

    [LoggerMessage(Level = LogLevel.Debug, Message = "imap {Connection}: {Command} {Reply} in {Duration}")]
    private static partial void LogCommand(ILogger logger, string connection, string command, ImapStatus reply, TimeSpan duration);

    [LoggerMessage(Level = LogLevel.Warning, Message = "imap {Connection}: {Command} refused, the store is not available")]
    private static partial void LogUnavailable(ILogger logger, Exception fault, string connection, string command);

    [LoggerMessage(Level = LogLevel.Error, Message = "imap {Connection}: {Command} failed ({Correlation})")]
    private static partial void LogFault(ILogger logger, Exception fault, string connection, string command, string correlation);
}
