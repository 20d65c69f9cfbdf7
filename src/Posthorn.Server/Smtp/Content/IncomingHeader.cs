using Posthorn.Standards;
using Posthorn.Standards.Mime;

namespace Posthorn.Server.Smtp.Content;

/// <summary>What the server has to know of a message's header, and which of its fields must not go on.</summary>
/// <param name="Dropped">Extents of fields that are left out, in order.</param>
/// <param name="From">Value of the From field; null when there is none.</param>
/// <param name="FromFields">How many From fields there are.</param>
/// <param name="ReceivedLines">Hosts it has been through. RFC 5321 §6.3.</param>
/// <param name="HasFields">There is a field at all, or nothing: false for text where a header should be.</param>
internal sealed record IncomingHeader(
    IReadOnlyList<Range> Dropped, byte[]? From, int FromFields, int ReceivedLines, bool HasDate, bool HasMessageId, bool HasFields)
{
    /// <param name="header">The header up to and with the CRLF of its last field.</param>
    /// <param name="hostName">Our name: an Authentication-Results that claims it did not come from us. RFC 8601 §5.</param>
    /// <param name="isSubmission">From a mail program: its blind copies are to stay blind.</param>
    public static IncomingHeader Read(ReadOnlyMemory<byte> header, string hostName, bool isSubmission)
    {
        List<Range>? dropped = null;
        byte[]? from = null;
        var (froms, received, at) = (0, 0, 0);
        var (hasDate, hasId, hasFields, hasResults) = (false, false, header.IsEmpty, false);
        foreach (var field in HeaderBlock.OfFields(header.Span))
        {
            hasFields |= !field.Name.IsEmpty;
            // By length first: most fields are none of these.
            switch (field.Name.Length)
            {
                case 4 when field.Is("From"u8):
                    froms++;
                    from ??= isSubmission ? field.Value.ToArray() : [];
                    break;
                case 4 when field.Is("Date"u8):
                    hasDate = true;
                    break;
                case 8 when field.Is("Received"u8):
                    received++;
                    break;
                case 10 when field.Is("Message-ID"u8):
                    hasId = true;
                    break;
                case 3 when isSubmission && field.Is("Bcc"u8):
                case 10 when isSubmission && field.Is("Resent-Bcc"u8):
                    (dropped ??= []).Add(at..(at + field.Whole.Length));
                    break;
                case 22 when field.Is("Authentication-Results"u8):
                    hasResults = true;
                    break;
            }
            at += field.Whole.Length;
        }
        if (hasResults && AuthenticationResults.FindClaims(header, [hostName]) is { Count: > 0 } claims)
        {
            (dropped ??= []).AddRange(claims);
            dropped.Sort(static (left, right) => left.Start.Value.CompareTo(right.Start.Value));
        }
        return new IncomingHeader(dropped ?? (IReadOnlyList<Range>)[], from, froms, received, hasDate, hasId, hasFields);
    }
}
