using System.Buffers;
using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Core.Watching;
using Posthorn.Server.Connections;
using Posthorn.Server.Smtp.Commands;
using Posthorn.Server.Smtp.Grammar;

namespace Posthorn.Server.Smtp;

/// <summary>One client's SMTP session: its state, and the loop.</summary>
/// <remarks>
/// RFC 5321, with the extensions that <see cref="EhloReplies"/> lists. Commands return their reply and the loop writes it; replies go
/// out when no further whole command waits (RFC 2920 §3.2), in one flush. Whatever a command needs of state, TLS and sign-in stands in
/// <see cref="SmtpCommandTable"/> and is checked here only. Never keep a part of a line beyond the next read.
/// </remarks>
internal sealed class SmtpSession(SmtpServer server, MailConnection connection, SmtpRole role) : IAsyncDisposable
{
    private readonly LineReader _lines = new(connection.Input, BareLineFeed.IsAnError);
    private int _commands;
    private int _badCommands;
    private int _messages;
    private SignedInSession? _signedIn;

    public SmtpServer Server { get; } = server;

    public MailConnection Connection { get; } = connection;

    public SmtpRole Role { get; } = role;

    public bool IsSubmission => Role != SmtpRole.Relay;

    public SmtpStates State { get; set; } = SmtpStates.Start;

    /// <summary>Argument of the last EHLO or HELO.</summary>
    public string? HelloName { get; set; }

    /// <summary>EHLO rather than HELO.</summary>
    public bool IsExtended { get; set; }

    /// <summary>Who signed in.</summary>
    public Account? Account { get; private set; }

    public int FailedSignIns { get; set; }

    public MailTransaction? Transaction { get; private set; }

    public async ValueTask<EndReason> RunAsync(CancellationToken cancel)
    {
        Server.Greeting.WriteTo(Connection.Output);
        while (true)
        {
            if (!HasWholeLine() && (await Connection.Output.FlushAsync(cancel)).IsCompleted)
            {
                return EndReason.ClientClosed;
            }
            var read = await _lines.ReadAsync(MaxLine, Server.Limits.CommandTimeout, cancel);
            ISmtpCommand? command = null;
            var reply = read.Status == LineStatus.Line
                ? Find(read.Line, out var row, out command) ?? await RunAsync(row!, command!, cancel)
                : Unreadable(read.Status);
            SmtpDeliveryLog.Refused(this, command, reply);
            reply = Limited(reply);
            reply.WriteTo(Connection.Output);
            if (reply.Ends is { } reason)
            {
                await Connection.Output.FlushAsync(cancel);
                return reason;
            }
        }
    }

    private async ValueTask<SmtpReply> RunAsync(SmtpRow row, ISmtpCommand command, CancellationToken cancel)
    {
        SmtpReply reply;
        try
        {
            reply = await command.RunAsync(this, cancel);
        }
        catch (StoreUnavailableException failure)
        {
            SmtpLog.StoreUnavailable(Server.Logger, failure, Connection.Id, row.Verb);
            return failure.IsFull ? SmtpReply.StoreIsFull : SmtpReply.StoreFailed;
        }
        catch (Exception fault) when (fault is not OperationCanceledException && !IsReadingMessage)
        {
            SmtpLog.Fault(Server.Logger, fault, Connection.Id, row.Verb);
            return SmtpReply.Fault;
        }
        if (reply.IsPositive && row.Next is { } next)
        {
            State = next;
        }
        return reply;
    }

    /// <summary>Parses a line and checks its row; the reply when it must not run.</summary>
    private SmtpReply? Find(ReadOnlySequence<byte> line, out SmtpRow? row, out ISmtpCommand? command)
    {
        (row, command) = (null, null);
        var reader = new SmtpReader(line.IsSingleSegment ? line.FirstSpan : line.ToArray());
        var verb = reader.Verb();
        row = SmtpCommandTable.Find(verb);
        if (row is null)
        {
            return HttpVerb.Is(verb) ? Server.CrossProtocol : SmtpRefusals.Unknown;
        }
        var refusal = Refusal(row);
        if (refusal is not null && !row.Traits.HasFlag(SmtpTraits.CarriesOctets))
        {
            return refusal;
        }
        try
        {
            command = row.Parse(ref reader);
            if (refusal is not null)
            {
                command = new RefusedChunk((Bdat)command, refusal);
            }
            return null;
        }
        catch (SmtpSyntaxException malformed)
        {
            return malformed.Reply;
        }
    }

    /// <summary>Why a command may not be said here and now; null when it may.</summary>
    private SmtpReply? Refusal(SmtpRow row)
    {
        if (IsSubmission && !Connection.IsTls && row.Traits.HasFlag(SmtpTraits.TlsForSubmission))
        {
            return SmtpRefusals.TlsFirst;
        }
        if (!IsSubmission && row.Traits.HasFlag(SmtpTraits.SubmissionOnly))
        {
            return SmtpRefusals.OnSubmissionOnly;
        }
        var isAllowed = row.Allowed.HasFlag(State);
        return State != SmtpStates.Start && IsSubmission && Account is null && row.Traits.HasFlag(SmtpTraits.SignInForSubmission)
            ? SmtpRefusals.SignInFirst
            : isAllowed ? null : SmtpRefusals.OutOfOrder(State);
    }

    /// <summary>The reply where a line should be and is none.</summary>
    public SmtpReply Unreadable(LineStatus status) => status switch
    {
        LineStatus.Closed => SmtpReply.Silence(EndReason.ClientClosed),
        LineStatus.TimedOut => Server.TimedOut,
        LineStatus.Stopping => Connection.EndRequested == EndReason.Revoked ? Server.Revoked : Server.Stopping,
        LineStatus.TooLong => SmtpRefusals.LineTooLong,
        _ => SmtpRefusals.BareLineEnd,
    };

    /// <summary>Counts, and puts the last word in place of a reply too many.</summary>
    private SmtpReply Limited(SmtpReply reply)
    {
        if (!reply.IsPositive)
        {
            Server.Metrics.Refused(Connection.Listener.Options.Name, reply.Code);
            Report(reply);
        }
        // A refused MAIL makes 503 of all that was pipelined behind it: no fault of the client.
        var isBad = reply.IsBadCommand && (reply.Code != 503 || State == SmtpStates.Start);
        _badCommands += isBad ? 1 : 0;
        return reply switch
        {
            { Ends: not null } => reply,
            _ when ++_commands > Server.Limits.MaxCommands => Server.TooManyCommands,
            _ when isBad && _badCommands >= (State == SmtpStates.Start ? Server.Limits.MaxBadCommandsBeforeHello : Server.Limits.MaxBadCommands) =>
                Server.TooManyBadCommands,
            _ => reply,
        };
    }

    /// <summary>Tells who sets this app up; what a sign-in came to is told by AUTH itself.</summary>
    private void Report(SmtpReply reply)
    {
        if (reply == SmtpRefusals.TlsFirst)
        {
            Connection.Report(ConnectionStep.PasswordWithoutTls);
        }
        else if (reply.Code is >= 400 and not (454 or 535))
        {
            Connection.Report(ConnectionStep.Refused, detail: reply.ToString());
        }
    }

    // AUTH may carry its first response in the command line; RFC 4954 §4.
    private int MaxLine => IsSubmission && Connection.IsTls && Account is null ? Server.Limits.MaxAuthLine : Server.Limits.MaxCommandLine;

    /// <summary>Whether the answer may wait, because another command is there already.</summary>
    private bool HasWholeLine()
    {
        // The end of a line already refused is nothing to wait for: the client may want its answer first.
        if (_lines.IsSkipping || !Connection.Input.TryRead(out var read))
        {
            return false;
        }
        var any = read.Buffer.PositionOf((byte)'\n') is not null;
        Connection.Input.AdvanceTo(read.Buffer.Start);
        return any;
    }

    /// <summary>Sends what lets the client go on within a command: 354, 334.</summary>
    public async ValueTask PromptAsync(SmtpReply reply, CancellationToken cancel)
    {
        reply.WriteTo(Connection.Output);
        await Connection.Output.FlushAsync(cancel);
    }

    /// <summary>The line that answers a prompt of a sign-in.</summary>
    public async ValueTask<LineRead> ReadAnswerAsync(CancellationToken cancel) =>
        await _lines.ReadAsync(Server.Limits.MaxAuthLine, Server.Limits.CommandTimeout, cancel);

    /// <summary>The sign-in was right.</summary>
    public void Enter(SignIn.Accepted signIn, string protocol)
    {
        Account = signIn.Account;
        var actor = new Actor(Account.Id, protocol, Connection.Id, Connection.RemoteAddress?.Address) { Scopes = signIn.Scopes };
        _signedIn = Server.Credentials.Sessions.Enter(actor, signIn, () => Connection.RequestEnd(EndReason.Revoked));
        // An app's name is not said here; what it greets with names the device, at least.
        _signedIn.Record(new SignInOrigin(null, HelloName).Client);
    }

    public void Begin(Mail mail) => Transaction = new MailTransaction(mail, $"{Connection.Id}-{++_messages}");

    /// <summary>Drops the transaction, with what it holds of a message. RFC 5321 §4.1.1.5.</summary>
    public async ValueTask EndTransactionAsync()
    {
        if (Transaction?.Reception is { } reception)
        {
            await reception.DisposeAsync();
        }
        Transaction = null;
        if (State != SmtpStates.Start)
        {
            State = SmtpStates.Greeted;
        }
    }

    /// <summary>RFC 3207 §4.2: TLS has begun, nothing said before counts.</summary>
    public void Forget()
    {
        State = SmtpStates.Start;
        HelloName = null;
        IsExtended = false;
        _badCommands = 0;
    }

    /// <summary>However the session ended: a message that was to go on with BDAT leaves nothing on the disk.</summary>
    public async ValueTask DisposeAsync()
    {
        _signedIn?.Dispose();
        await EndTransactionAsync();
    }

    /// <summary>Octets of a message are expected: a fault now must end the connection, or they would be taken for commands.</summary>
    public bool IsReadingMessage { get; set; }
}
