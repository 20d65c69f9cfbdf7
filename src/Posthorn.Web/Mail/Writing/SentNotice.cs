using System.Globalization;
using Posthorn.Core;

namespace Posthorn.Web.Mail.Writing;

/// <summary>What was just sent, so that it can be taken back: the queue's id and the UID of the copy.</summary>
public sealed record SentNotice(EnvelopeId Envelope, uint Copy)
{
    public static SentNotice? Parse(string? text) =>
        text?.Split('.') is [var id, var uid]
        && long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out long envelope)
        && uint.TryParse(uid, NumberStyles.None, CultureInfo.InvariantCulture, out uint copy)
            ? new SentNotice(new EnvelopeId(envelope), copy)
            : null;

    public override string ToString() => FormattableString.Invariant($"{Envelope.Value}.{Copy}");
}
