using System.Buffers;
using Microsoft.Extensions.Logging;
using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Core.Maildrops;
using Posthorn.Core.Watching;
using Posthorn.Server.Connections;

namespace Posthorn.Server.Pop3;

/// <summary>One client's POP3 session: its state, and the loop.</summary>
/// <remarks>
/// RFC 1939, RFC 2449. Answers go out when no further whole command waits (PIPELINING, RFC 2449 §6.6). States and TLS are checked here, by
/// <see cref="Pop3CommandTable"/>, and in no command. The maildrop is held by a lease from sign-in to the end of the session, however it ends; a session
/// that ends otherwise than by QUIT deletes nothing.
/// </remarks>
internal sealed partial class Pop3Session(Pop3Services services, MailConnection connection) : IAsyncDisposable
{
    public const string Protocol = "pop3";

    private readonly LineReader _lines = new(connection.Input, BareLineFeed.EndsLine);
    private readonly ILogger _logger = services.Logger;
    private readonly long _started = services.Time.GetTimestamp();
    private int _badCommands;
    private int _failedSignIns;
    private LeaseRenewal? _renewal;
    private SignedInSession? _signedIn;

    public Pop3Services Services { get; } = services;

    public MailConnection Connection { get; } = connection;

    /// <summary>Null in the AUTHORIZATION state.</summary>
    public Maildrop? Maildrop { get; private set; }

    /// <summary>Argument of USER, for PASS.</summary>
    public string? UserName { get; set; }

    /// <summary>UTF8 was said (RFC 6856 §2).</summary>
    public bool IsUtf8 { get; set; }

    /// <summary>Within a message: an answer would be taken for a line of it, so a fault can only cut the connection.</summary>
    public bool IsSendingMessage { get; set; }

    private TimeSpan LeftToSignIn
    {
        get
        {
            TimeSpan left = Services.Limits.SignInTimeout - Services.Time.GetElapsedTime(_started);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    private Pop3States State => Maildrop is null ? Pop3States.Authorization : Pop3States.Transaction;

    public async ValueTask<EndReason> RunAsync(CancellationToken cancel)
    {
        Pop3Reply.Ok("Posthorn is ready").WriteTo(Connection.Output);
        while (true)
        {
            if (MustFlush() && (await Connection.Output.FlushAsync(cancel)).IsCompleted)
            {
                return EndReason.ClientClosed;
            }

            // Of a client that keeps talking the next line is always here: no wait would end.
            TimeSpan left = Maildrop is null ? LeftToSignIn : Services.Limits.Autologout;
            LineRead read = left > TimeSpan.Zero ? await _lines.ReadAsync(Services.Limits.MaxCommandLine, left, cancel) : new LineRead(LineStatus.TimedOut, default);
            Pop3Reply reply = read.Status == LineStatus.Line
                ? Find(read.Line, out IPop3Command? command) ?? await RunAsync(command!, cancel)
                : Unreadable(read.Status);
            reply = Limited(reply);
            reply.WriteTo(Connection.Output);
            if (reply.Ends is { } reason)
            {
                await Connection.Output.FlushAsync(cancel);
                return reason;
            }
        }
    }

    /// <summary>After a right password: takes the maildrop. The reply is the answer to PASS or AUTH.</summary>
    public async ValueTask<Pop3Reply> EnterAsync(SignIn.Accepted signIn, CancellationToken cancel)
    {
        Account account = signIn.Account;
        var actor = new Actor(account.Id, Protocol, Connection.Id, Connection.RemoteAddress?.Address) { Scopes = signIn.Scopes };
        Result<MaildropLease> opened = await Services.Maildrops.OpenAsync(actor, account.Id, cancel);
        if (!opened.TryGet(out MaildropLease? lease, out Refusal? refusal))
        {
            Connection.Report(ConnectionStep.Refused, detail: refusal.Text);
            // RFC 2449 §8.1.1.
            return refusal is Refusal.InUse
                ? Pop3Reply.Error("IN-USE", "Another POP3 session has your maildrop; try again when it has ended")
                : Pop3Reply.Error("SYS/PERM", refusal.Text);
        }

        Maildrop = new Maildrop(Services.Messages, actor, lease);
        _renewal = new LeaseRenewal(Services.Maildrops, lease, Services.Time, _logger);
        _signedIn = Services.Credentials.Sessions.Enter(actor, signIn, () => Connection.RequestEnd(EndReason.Revoked));
        _signedIn.Record(null);
        _badCommands = 0;
        return Pop3Reply.Ok(FormattableString.Invariant($"{Maildrop.Count} messages, {Maildrop.SizeBytes} octets"));
    }

    /// <summary>Counts a failed sign-in; one too many ends the connection.</summary>
    public Pop3Reply Failed(Pop3Reply reply) =>
        ++_failedSignIns >= Services.Limits.MaxFailedSignIns ? reply with { Ends = EndReason.TooManyFailedLogins } : reply;

    /// <summary>Sends a challenge and reads its answer.</summary>
    public async ValueTask<LineRead> AskAsync(string challenge, CancellationToken cancel)
    {
        new Pop3Reply($"+ {challenge}").WriteTo(Connection.Output);
        await Connection.Output.FlushAsync(cancel);
        return await _lines.ReadAsync(Services.Limits.MaxAuthLine, LeftToSignIn, cancel);
    }

    /// <summary>RFC 2595 §4: after TLS has begun nothing said before counts.</summary>
    public void Forget() => (UserName, IsUtf8, _badCommands) = (null, false, 0);

    /// <summary>Gives the lease back, once; what the session knows of the maildrop stays.</summary>
    public async ValueTask ReleaseAsync()
    {
        if (_renewal is null)
        {
            return;
        }

        await _renewal.DisposeAsync();
        _renewal = null;
        try
        {
            await Services.Maildrops.CloseAsync(Maildrop!.Lease, CancellationToken.None);
        }
        catch (StoreUnavailableException failure)
        {
            // The lease runs out by itself.
            LogUnavailable(Connection.Id, failure.Message);
        }
    }

    public ValueTask DisposeAsync()
    {
        _signedIn?.Dispose();
        return ReleaseAsync();
    }

    private async ValueTask<Pop3Reply> RunAsync(IPop3Command command, CancellationToken cancel)
    {
        try
        {
            return _renewal is { IsLost: true }
                ? Pop3Reply.Error("IN-USE", "Another session may have your maildrop now; nothing was deleted") with { Ends = EndReason.SessionLimit }
                : await command.RunAsync(this, cancel);
        }
        catch (Exception fault) when (IsSendingMessage && fault is not OperationCanceledException)
        {
            // Cut, so that the client cannot take the beginning for the whole and delete it.
            LogCut(fault, Connection.Id);
            Connection.Abort(EndReason.Error);
            return new Pop3Reply(null, EndReason.Error);
        }
        catch (StoreUnavailableException failure)
        {
            LogUnavailable(Connection.Id, failure.Message);
            return Pop3Reply.Error("SYS/TEMP", "The store cannot be read or written now; try again later");
        }
    }

    private Pop3Reply? Find(ReadOnlySequence<byte> line, out IPop3Command? command)
    {
        command = null;
        ReadOnlySpan<byte> octets = line.IsSingleSegment ? line.FirstSpan : line.ToArray();
        try
        {
            Pop3Arguments arguments = Pop3Arguments.Read(octets, out ReadOnlySpan<byte> keyword);
            if (Pop3CommandTable.Find(keyword) is not { } row)
            {
                return HttpVerb.Is(keyword)
                    ? Pop3Reply.Bad("This is POP3; goodbye") with { Ends = EndReason.CrossProtocol }
                    : Pop3Reply.Bad("Unknown command; CAPA lists what is known");
            }

            if (!row.Allowed.HasFlag(State))
            {
                return Pop3Reply.Bad(State == Pop3States.Authorization ? "Sign in first" : "Not after signing in");
            }

            if (row.Traits.HasFlag(Pop3Traits.NeedsTls) && !Connection.IsTls)
            {
                // RFC 3206 §4: AUTH is also for an attempt to sign in against the rules.
                Connection.Report(ConnectionStep.PasswordWithoutTls);
                return Pop3Reply.Error("AUTH", "No password travels without TLS: say STLS first, or use port 995");
            }

            command = row.Parse(arguments);
            return null;
        }
        catch (Pop3SyntaxException malformed)
        {
            return Pop3Reply.Bad(malformed.Message);
        }
    }

    /// <summary>The reply where a line should be and is none.</summary>
    public Pop3Reply Unreadable(LineStatus status) => status switch
    {
        LineStatus.Closed => new Pop3Reply(null, EndReason.ClientClosed),
        // RFC 1939 §3: without removing any messages or sending any response.
        LineStatus.TimedOut => new Pop3Reply(null, EndReason.IdleTimeout),
        LineStatus.Stopping when Connection.EndRequested == EndReason.Revoked =>
            Pop3Reply.Error("AUTH", "The password or the account has changed; sign in again. Nothing was deleted") with { Ends = EndReason.Revoked },
        LineStatus.Stopping => Pop3Reply.Error("SYS/TEMP", "The server is stopping; nothing was deleted") with { Ends = EndReason.ServerStopping },
        LineStatus.TooLong => Pop3Reply.Bad("The line is too long"),
        _ => Pop3Reply.Bad("Lines end with CRLF"),
    };

    private Pop3Reply Limited(Pop3Reply reply)
    {
        int most = Maildrop is null ? Services.Limits.MaxBadCommandsBeforeSignIn : Services.Limits.MaxBadCommands;
        return reply is { IsBadCommand: true, Ends: null } && ++_badCommands >= most ? reply with { Ends = EndReason.TooManyBadCommands } : reply;
    }

    /// <summary>Whether answers have to go out now: no further whole command waits, or enough of them do.</summary>
    private bool MustFlush()
    {
        if (Connection.Output.UnflushedBytes >= Services.Limits.MaxUnflushed || !Connection.Input.TryRead(out System.IO.Pipelines.ReadResult read))
        {
            return true;
        }

        bool any = read.Buffer.PositionOf((byte)'\n') is not null;
        Connection.Input.AdvanceTo(read.Buffer.Start);
        return !any;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "pop3 connection {Id}: {Reason}")]
    private partial void LogUnavailable(string id, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "pop3 connection {Id}: cut within a message")]
    private partial void LogCut(Exception fault, string id);
}
