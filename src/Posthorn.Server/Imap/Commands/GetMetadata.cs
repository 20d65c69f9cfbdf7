using System.Globalization;
using System.Text;
using Posthorn.Core;
using Posthorn.Core.Mailboxes;
using Posthorn.Server.Imap.Listing;

namespace Posthorn.Server.Imap.Commands;

/// <summary>GETMETADATA: annotations of a mailbox, or of the server.</summary>
/// <remarks>RFC 5464 §4.2. The options may stand before the mailbox, as its grammar has them, or after it, as its examples do.</remarks>
/// <param name="Mailbox">Empty: the server.</param>
/// <param name="MaxSize">Longer values are not told.</param>
/// <param name="Depth">Levels below each entry: 0, 1, or all.</param>
internal sealed record GetMetadata(string Mailbox, IReadOnlyList<string> Entries, long? MaxSize, int Depth) : IImapCommand<GetMetadata>
{
    private const int Infinity = int.MaxValue;

    /// <summary>RFC 5464 §3.2.1.1: read-only.</summary>
    public const string AdministratorEntry = "/shared/admin";

    // getmetadata = "GETMETADATA" [SP getmetadata-options] SP mailbox SP entries     RFC 5464 §5
    public static GetMetadata Parse(ref ImapReader reader)
    {
        long? maxSize = null;
        int depth = 0;
        reader.Space();
        bool hasOptions = TryReadOptions(ref reader, ref maxSize, ref depth);
        if (hasOptions)
        {
            reader.Space();
        }

        string mailbox = reader.Mailbox();
        reader.Space();
        if (!hasOptions && TryReadOptions(ref reader, ref maxSize, ref depth))
        {
            reader.Space();
        }

        return new GetMetadata(mailbox, MetadataEntries.ReadAll(ref reader), maxSize, depth);
    }

    public async ValueTask<ImapResult> RunAsync(ImapSession session, CancellationToken cancel)
    {
        Result<IReadOnlyList<Annotation>> read = await session.Services.Annotations.ReadAsync(session.Actor!, session.Account!.Id, Mailbox, cancel);
        if (!read.TryGet(out IReadOnlyList<Annotation>? all, out Refusal? refusal))
        {
            return ResponseCode.Refuse(refusal, ResponseCode.Nonexistent);
        }

        if (Mailbox.Length == 0)
        {
            string domain = session.Account.Address[(session.Account.Address.LastIndexOf('@') + 1)..];
            all = [.. all, new Annotation(AdministratorEntry, Encoding.UTF8.GetBytes("mailto:postmaster@" + domain))];
        }

        List<Annotation> asked = Select(all);
        int longest = asked.Where(annotation => annotation.Value?.Length > MaxSize).Select(annotation => annotation.Value!.Length).DefaultIfEmpty().Max();
        asked.RemoveAll(annotation => annotation.Value?.Length > MaxSize);
        if (asked.Count > 0)
        {
            await MetadataEntries.WriteAsync(session.Writer, Mailbox, asked, cancel);
        }

        return longest > 0
            ? ImapResult.Ok(new ResponseCode(string.Create(CultureInfo.InvariantCulture, $"METADATA LONGENTRIES {longest}")))
            : ImapResult.Completed;
    }

    /// <summary>What was asked for; an entry that is not there is NIL, unless it was asked for what is below it.</summary>
    private List<Annotation> Select(IReadOnlyList<Annotation> all)
    {
        var asked = new List<Annotation>();
        foreach (string entry in Entries.Distinct())
        {
            int before = asked.Count;
            asked.AddRange(all.Where(annotation => IsWithin(annotation.Entry, entry) && !asked.Contains(annotation)));
            if (asked.Count == before && Depth == 0)
            {
                asked.Add(new Annotation(entry, null));
            }
        }

        return asked;
    }

    private bool IsWithin(string entry, string asked) =>
        entry == asked
        || (Depth > 0 && entry.StartsWith(asked, StringComparison.Ordinal) && entry[asked.Length] == '/'
            && (Depth == Infinity || entry.IndexOf('/', asked.Length + 1) < 0));

    // getmetadata-options = "(" getmetadata-option *(SP getmetadata-option) ")"
    private static bool TryReadOptions(ref ImapReader reader, ref long? maxSize, ref int depth)
    {
        // A list of entries begins with a slash or a quote.
        if (!reader.IsNext((byte)'(') || (reader.Rest.Length > 1 && reader.Rest[1] is (byte)'/' or (byte)'"' or (byte)'{'))
        {
            return false;
        }

        reader.Expect((byte)'(');
        do
        {
            if (reader.TryKeyword("MAXSIZE"u8))
            {
                reader.Space();
                maxSize = reader.Number64();
                continue;
            }

            reader.Keyword("DEPTH"u8);
            reader.Space();
            depth = reader.TryKeyword("0"u8) ? 0
                : reader.TryKeyword("1"u8) ? 1
                : reader.TryKeyword("infinity"u8) ? Infinity
                : throw new ImapSyntaxException("DEPTH is 0, 1 or infinity.");
        }
        while (reader.TrySpace());
        reader.Expect((byte)')');
        return true;
    }
}
