using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;

namespace Posthorn.Core.Replies;

/// <summary>Who among those outside of the account's domains is answered, and how.</summary>
public enum OutsideAnswer
{
    /// <summary>As everybody.</summary>
    Same,

    /// <summary>By a text of its own.</summary>
    Other,

    None,
}

/// <summary>An account's vacation reply.</summary>
public sealed record Vacation
{
    /// <summary>Characters of a subject.</summary>
    public const int MaxSubject = 200;

    /// <summary>Characters of a text.</summary>
    public const int MaxText = 8_000;

    /// <summary>RFC 5230 §4.1.</summary>
    public const int DefaultDays = 7;

    /// <summary>Days between two answers to one sender.</summary>
    public const int MaxDays = 60;

    /// <summary>Where it lies among the account's settings.</summary>
    internal const string Key = "mail.vacation";

    public static readonly Vacation Off = new();

    public bool IsOn { get; init; }

    /// <summary>The first day of it where the owner is; null: since ever.</summary>
    public DateOnly? First { get; init; }

    /// <summary>The last day of it, included; null: until it is turned off.</summary>
    public DateOnly? Last { get; init; }

    /// <summary>IANA name of the zone that days are meant in.</summary>
    public string Zone { get; init; } = "Etc/UTC";

    /// <summary>Empty: "Auto: " and the subject of the message that is answered.</summary>
    public string Subject { get; init; } = "";

    public string Text { get; init; } = "";

    public OutsideAnswer Outside { get; init; }

    /// <summary>For those outside, with <see cref="OutsideAnswer.Other"/>.</summary>
    public string OutsideText { get; init; } = "";

    /// <summary>A sender who was answered is not answered again for so long.</summary>
    public int Days { get; init; } = DefaultDays;

    /// <summary>On, and today is one of its days.</summary>
    public bool IsActiveAt(DateTimeOffset now) => IsOn && !IsAheadAt(now) && !IsOverAt(now);

    public bool IsAheadAt(DateTimeOffset now) => First > DayAt(now);

    public bool IsOverAt(DateTimeOffset now) => Last < DayAt(now);

    /// <summary>A new text starts anew: who was answered with another one is answered again (a handle of its own, RFC 5230 §4.2).</summary>
    internal long Mark => BinaryPrimitives.ReadInt64BigEndian(
        SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(new[] { Subject, Text, Outside.ToString(), OutsideText })));

    /// <summary>What is wrong with it; null: nothing.</summary>
    internal Refusal.Invalid? Object() =>
        IsOn && string.IsNullOrWhiteSpace(Text) ? new Refusal.Invalid("A vacation reply needs a text.")
        : IsOn && Outside == OutsideAnswer.Other && string.IsNullOrWhiteSpace(OutsideText) ? new Refusal.Invalid("The reply to people outside needs a text.")
        : Text.Length > MaxText || OutsideText.Length > MaxText ? new Refusal.Invalid($"A vacation reply has at most {MaxText} characters.")
        : Subject.Length > MaxSubject || Subject.Any(char.IsControl) ? new Refusal.Invalid($"A subject is one line of at most {MaxSubject} characters.")
        : Last < First ? new Refusal.Invalid("The last day is before the first.")
        : Days is < 1 or > MaxDays ? new Refusal.Invalid($"Write a number of days from 1 to {MaxDays}.")
        : !TimeZoneInfo.TryFindSystemTimeZoneById(Zone, out _) ? new Refusal.Invalid($"\"{Zone}\" is no time zone.")
        : !Enum.IsDefined(Outside) ? new Refusal.Invalid("People outside get the same reply, another one, or none.")
        : null;

    private DateOnly DayAt(DateTimeOffset now) => DateOnly.FromDateTime(
        (TimeZoneInfo.TryFindSystemTimeZoneById(Zone, out TimeZoneInfo? zone) ? TimeZoneInfo.ConvertTime(now, zone) : now).DateTime);
}
