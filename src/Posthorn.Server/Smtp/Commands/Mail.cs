using System.Globalization;
using Posthorn.Core.Delivery;
using Posthorn.Server.Smtp.Grammar;
using Posthorn.Standards.Smtp;

namespace Posthorn.Server.Smtp.Commands;

/// <summary>How the octets of the message are to be understood.</summary>
internal enum BodyType
{
    /// <summary>RFC 6152 §2; also when nothing was said.</summary>
    SevenBit,
    EightBitMime,

    /// <summary>RFC 3030 §3: by BDAT only.</summary>
    BinaryMime,
}

/// <summary>MAIL FROM: a message begins.</summary>
/// <remarks>
/// RFC 5321 §4.1.1.2. SIZE: RFC 1870; BODY: RFC 6152, RFC 3030; SMTPUTF8: RFC 6531; RET, ENVID: RFC 3461; AUTH: RFC 4954 §5, read and not
/// trusted; REQUIRETLS: RFC 8689; HOLDFOR, HOLDUNTIL: RFC 4865.
/// </remarks>
/// <param name="Sender">Null: the null sender, to whom nothing is ever sent back.</param>
/// <param name="Path">The reverse path as given, without brackets and route.</param>
internal sealed record Mail(EmailAddress? Sender, string Path) : ISmtpCommand
{
    private const int MaxEnvelopeId = 100;

    private static readonly SmtpReply Accepted = SmtpReply.Fixed(250, "2.1.0", "The sender is accepted");
    private static readonly SmtpReply TlsMissing = SmtpReply.Fixed(530, "5.7.10", "REQUIRETLS wants a connection with TLS; say STARTTLS first");
    private static readonly SmtpReply HoldTooLong = SmtpReply.Fixed(501, "5.5.4", "The message cannot be held that long; EHLO says how long");
    private static readonly SmtpReply HoldNotHere = SmtpReply.Fixed(555, "5.5.4", "HOLDFOR and HOLDUNTIL are for the submission ports");

    private static readonly SmtpReply NotYours =
        SmtpReply.Fixed(550, "5.7.1", "You may not send from this address; set your mail program to send from your own address or an alias of it");

    /// <summary>SIZE; null when not said.</summary>
    public long? Size { get; init; }

    public BodyType? Body { get; init; }

    public bool IsSmtpUtf8 { get; init; }

    public DsnReturn? Return { get; init; }

    /// <summary>ENVID, decoded.</summary>
    public string? EnvelopeId { get; init; }

    public bool RequireTls { get; init; }

    public TimeSpan? HoldFor { get; init; }

    public DateTimeOffset? HoldUntil { get; init; }

    // mail = "MAIL FROM:" Reverse-path [SP Mail-parameters] CRLF
    public static ISmtpCommand Parse(ref SmtpReader reader)
    {
        reader.Expect("FROM:"u8, "MAIL goes as in MAIL FROM:<you@example.org>");
        var path = SmtpReader.Text(reader.Path());
        var mail = new Mail(path.Length == 0 ? null : MailAddress.Parse(path), path);
        while (reader.TryParameter(out var keyword, out var value, out _))
        {
            mail = mail.With(keyword, value);
        }
        MailAddress.RequireUtf8(path, mail.IsSmtpUtf8);
        return mail;
    }

    private Mail With(ReadOnlySpan<byte> keyword, ReadOnlySpan<byte> value) => keyword switch
    {
        _ when Is(keyword, "SIZE"u8) => this with { Size = Once(Size, ParseSize(value)) },
        _ when Is(keyword, "BODY"u8) => this with { Body = Once(Body, ParseBody(value)) },
        _ when Is(keyword, "SMTPUTF8"u8) && value.IsEmpty => this with { IsSmtpUtf8 = true },
        _ when Is(keyword, "RET"u8) => this with { Return = Once(Return, ParseReturn(value)) },
        _ when Is(keyword, "ENVID"u8) && EnvelopeId is null => this with { EnvelopeId = ParseEnvelopeId(value) },
        _ when Is(keyword, "AUTH"u8) => Authenticated(value),
        _ when Is(keyword, "REQUIRETLS"u8) && value.IsEmpty => this with { RequireTls = true },
        _ when Is(keyword, "HOLDFOR"u8) && HoldUntil is null => this with { HoldFor = Once(HoldFor, ParseHoldFor(value)) },
        _ when Is(keyword, "HOLDUNTIL"u8) && HoldFor is null => this with { HoldUntil = Once(HoldUntil, ParseHoldUntil(value)) },
        _ => throw new SmtpSyntaxException(new SmtpReply(555, "5.5.4", "A parameter of MAIL is not known, or does not go with another one")),
    };

    private static bool Is(ReadOnlySpan<byte> keyword, ReadOnlySpan<byte> name) => Standards.Ascii.EqualsIgnoreCase(keyword, name);

    private static T Once<T>(T? before, T value) where T : struct =>
        before is null ? value : throw new SmtpSyntaxException("A parameter of MAIL stands there twice");

    // size-value = 1*20DIGIT                    RFC 1870 §5
    private static long ParseSize(ReadOnlySpan<byte> value)
    {
        if (value.Length is 0 or > 20 || value.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            throw new SmtpSyntaxException("SIZE is a number of octets");
        }
        // More than fits is more than anybody takes.
        return long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var size) ? size : long.MaxValue;
    }

    private static BodyType ParseBody(ReadOnlySpan<byte> value) => value switch
    {
        _ when Is(value, "7BIT"u8) => BodyType.SevenBit,
        _ when Is(value, "8BITMIME"u8) => BodyType.EightBitMime,
        _ when Is(value, "BINARYMIME"u8) => BodyType.BinaryMime,
        _ => throw new SmtpSyntaxException("BODY is 7BIT, 8BITMIME or BINARYMIME"),
    };

    private static DsnReturn ParseReturn(ReadOnlySpan<byte> value) => value switch
    {
        _ when Is(value, "FULL"u8) => DsnReturn.Full,
        _ when Is(value, "HDRS"u8) => DsnReturn.Headers,
        _ => throw new SmtpSyntaxException("RET is FULL or HDRS"),
    };

    private static string ParseEnvelopeId(ReadOnlySpan<byte> value) =>
        value.Length is > 0 and <= MaxEnvelopeId ? Xtext.Decode(value) : throw new SmtpSyntaxException("ENVID has 1 to 100 characters");

    // Deviates from RFC 4954 §5: the value is read and not kept. Nobody who hands us mail is trusted to say who wrote it.
    private Mail Authenticated(ReadOnlySpan<byte> value)
    {
        _ = value.IsEmpty ? throw new SmtpSyntaxException("AUTH wants an address or <>") : Xtext.Decode(value);
        return this;
    }

    // future-release-interval = 1*9DIGIT, not zero          RFC 4865 §4
    private static TimeSpan ParseHoldFor(ReadOnlySpan<byte> value) =>
        value.Length is > 0 and <= 9 && uint.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds > 0
            ? TimeSpan.FromSeconds(seconds)
            : throw new SmtpSyntaxException("HOLDFOR is a number of seconds");

    // date-time of RFC 3339 §5.6
    private static DateTimeOffset ParseHoldUntil(ReadOnlySpan<byte> value) =>
        DateTimeOffset.TryParseExact(
            SmtpReader.Text(value), ["yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"], CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal, out var until)
            ? until.ToUniversalTime()
            : throw new SmtpSyntaxException("HOLDUNTIL is a time such as 2030-01-31T08:00:00Z");

    public async ValueTask<SmtpReply> RunAsync(SmtpSession session, CancellationToken cancel)
    {
        if (Size > session.Server.Options.MaxMessageBytes)
        {
            return SmtpReply.TooLarge;
        }
        if (RequireTls && !session.Connection.IsTls)
        {
            return TlsMissing;
        }
        if (HoldFor is not null || HoldUntil is not null)
        {
            if (!session.IsSubmission)
            {
                return HoldNotHere;
            }
            if (Release(session.Server.Time.GetUtcNow()) > session.Server.Time.GetUtcNow() + session.Server.Limits.MaxHold)
            {
                return HoldTooLong;
            }
        }
        if (session.Account is { } account && Sender is { } sender && !await session.Server.Recipients.MaySendAsAsync(account, sender, cancel))
        {
            return NotYours;
        }
        session.Begin(this);
        return Accepted;
    }

    /// <summary>When a held message may go; null: at once.</summary>
    public DateTimeOffset? Release(DateTimeOffset now) => HoldFor is { } wait ? now + wait : HoldUntil > now ? HoldUntil : null;
}
