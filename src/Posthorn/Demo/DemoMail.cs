using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using Posthorn.Core.Messages;

namespace Posthorn.Demo;

/// <summary>A message of the demo mailbox, dated relative to now.</summary>
/// <param name="Mailbox">Full name, e.g. <c>INBOX</c> or <c>Sent</c>.</param>
/// <param name="Flags">System flags only.</param>
/// <param name="Received">The received date; the Date field says the same.</param>
/// <param name="Octets">The message as it is to be stored.</param>
/// <remarks>
/// The files of Demo/mail are templates: their first three lines say mailbox, flags and age and are taken off; a Date field takes their place, and
/// <c>@DAY+n@</c> becomes the date n days from now, so that invitations lie ahead.
/// </remarks>
internal sealed partial record DemoMail(string Mailbox, MessageFlags Flags, DateTimeOffset Received, ReadOnlyMemory<byte> Octets)
{
    private const string Folder = "Demo/mail/";
    private const string MailboxField = "X-Demo-Mailbox: ";
    private const string FlagsField = "X-Demo-Flags: ";
    private const string AgeField = "X-Demo-Age: ";

    /// <summary>All of them, oldest first.</summary>
    public static IReadOnlyList<DemoMail> All(DateTimeOffset now) =>
        [.. Assembly.GetExecutingAssembly().GetManifestResourceNames().Where(name => name.StartsWith(Folder, StringComparison.Ordinal))
            .Select(name => Read(name, now)).OrderBy(mail => mail.Received)];

    [GeneratedRegex(@"@DAY\+([0-9]+)@")]
    private static partial Regex DayToCome { get; }

    private static DemoMail Read(string name, DateTimeOffset now)
    {
        using var resource = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!;
        using var reader = new StreamReader(resource, Encoding.Latin1);
        string mailbox = Field(reader, MailboxField);
        string flags = Field(reader, FlagsField);
        var received = now - TimeSpan.Parse(Field(reader, AgeField), CultureInfo.InvariantCulture);
        // Latin-1 keeps every octet, so this is a replacement in octets.
        string rest = DayToCome.Replace(reader.ReadToEnd(), match =>
            now.UtcDateTime.AddDays(int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture)).ToString("yyyyMMdd", CultureInfo.InvariantCulture));
        string date = received.ToString("ddd, d MMM yyyy HH:mm:ss ", CultureInfo.InvariantCulture)
            + received.ToString("zzz", CultureInfo.InvariantCulture).Replace(":", "", StringComparison.Ordinal);
        return new DemoMail(mailbox, FlagsOf(flags), received, Encoding.Latin1.GetBytes($"Date: {date}\r\n{rest}"));
    }

    private static string Field(StreamReader reader, string field)
    {
        string line = reader.ReadLine() ?? "";
        return line.StartsWith(field, StringComparison.Ordinal) ? line[field.Length..] : throw new InvalidDataException($"{field} expected");
    }

    private static MessageFlags FlagsOf(string names) =>
        names.Split(' ', StringSplitOptions.RemoveEmptyEntries).Aggregate(MessageFlags.None, (flags, name) => flags | Enum.Parse<MessageFlags>(name[1..]));
}
