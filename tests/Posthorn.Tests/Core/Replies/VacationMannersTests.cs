using System.Text;
using Posthorn.Core.Delivery;
using Posthorn.Core.Replies;
using Posthorn.Standards.Mime;

namespace Posthorn.Tests.Core.Replies;

/// <summary>RFC 5230 §4.5, §4.6, RFC 3834 §2: who is answered.</summary>
public sealed class VacationMannersTests
{
    private static readonly HashSet<string> Own = ["you@example.test", "info@example.test"];

    [Theory]
    [InlineData("ann@example.org", "To: you@example.test", null)]
    [InlineData("ann@example.org", "Cc: Other <o@example.org>, You <YOU+tag@EXAMPLE.test>", null)]
    [InlineData("ann@example.org", "To: info@example.test", null)]
    [InlineData("ann@example.org", "Resent-To: you@example.test", null)]
    [InlineData("ann@example.org", "Bcc: you@example.test", null)]
    [InlineData("postmaster@example.org", "To: you@example.test", null)]
    [InlineData("request@example.org", "To: you@example.test", null)]
    [InlineData("ann@example.org", "To: team@example.test", nameof(Silence.NotPersonal))]
    [InlineData("ann@example.org", "Subject: nobody is named", nameof(Silence.NotPersonal))]
    [InlineData("", "To: you@example.test", nameof(Silence.NoSender))]
    [InlineData("not an address", "To: you@example.test", nameof(Silence.NoSender))]
    [InlineData("You+x@example.test", "To: you@example.test", nameof(Silence.NoSender))]
    [InlineData("info@example.test", "To: you@example.test", nameof(Silence.NoSender))]
    [InlineData("MAILER-DAEMON@example.org", "To: you@example.test", nameof(Silence.Daemon))]
    [InlineData("owner-list@example.org", "To: you@example.test", nameof(Silence.Daemon))]
    [InlineData("List-Request@example.org", "To: you@example.test", nameof(Silence.Daemon))]
    [InlineData("list-bounces@example.org", "To: you@example.test", nameof(Silence.Daemon))]
    [InlineData("list-bounces+you=example.test@example.org", "To: you@example.test", nameof(Silence.Daemon))]
    [InlineData("listserv@example.org", "To: you@example.test", nameof(Silence.Daemon))]
    [InlineData("majordomo@example.org", "To: you@example.test", nameof(Silence.Daemon))]
    [InlineData("no-reply@example.org", "To: you@example.test", nameof(Silence.Daemon))]
    public void By_sender_and_recipients(string sender, string fields, string? expected) => Assert.Equal(expected, Object(sender, fields));

    [Theory]
    [InlineData("List-Id: <a.example.org>", nameof(Silence.List))]
    [InlineData("List-Help: <mailto:x@example.org>", nameof(Silence.List))]
    [InlineData("List-Subscribe: <mailto:x@example.org>", nameof(Silence.List))]
    [InlineData("List-Unsubscribe: <https://example.org/>", nameof(Silence.List))]
    [InlineData("List-Post: NO", nameof(Silence.List))]
    [InlineData("List-Owner: <mailto:x@example.org>", nameof(Silence.List))]
    [InlineData("List-Archive: <https://example.org/>", nameof(Silence.List))]
    [InlineData("Precedence: bulk", nameof(Silence.List))]
    [InlineData("Precedence: list", nameof(Silence.List))]
    [InlineData("Precedence: junk", nameof(Silence.List))]
    [InlineData("Auto-Submitted: auto-replied", nameof(Silence.Automatic))]
    [InlineData("Auto-Submitted: auto-generated", nameof(Silence.Automatic))]
    [InlineData("Auto-Submitted: no", null)]
    [InlineData("X-Auto-Response-Suppress: OOF", nameof(Silence.List))]
    [InlineData("X-Spam-Flag: YES", nameof(Silence.Suspect))]
    [InlineData("X-Listing: yes", null)]
    public void By_what_the_header_says(string field, string? expected) => Assert.Equal(expected, Object("ann@example.org", $"{field}\r\nTo: you@example.test"));

    [Theory]
    [InlineData(Suspicion.None, null)]
    [InlineData(Suspicion.Sender, nameof(Silence.Suspect))]
    [InlineData(Suspicion.Message, nameof(Silence.Suspect))]
    public void By_what_the_checks_found(Suspicion suspicion, string? expected) => Assert.Equal(expected, Object("ann@example.org", "To: you@example.test", suspicion));

    private static string? Object(string sender, string fields, Suspicion suspicion = Suspicion.None) =>
        VacationManners.Object(sender, ReplyHeader.Read(Encoding.UTF8.GetBytes(fields + "\r\n\r\n")), suspicion, Own)?.ToString();
}
