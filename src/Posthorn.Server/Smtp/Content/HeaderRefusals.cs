namespace Posthorn.Server.Smtp.Content;

/// <summary>Messages that are refused for what their header says.</summary>
internal static class HeaderRefusals
{
    public static readonly SmtpReply Loop = SmtpReply.Fixed(554, "5.4.6", "The message goes round in circles: it carries too many Received lines");
    public static readonly SmtpReply ManyFroms = SmtpReply.Fixed(554, "5.6.0", "The message has more than one From line");
    public static readonly SmtpReply UnreadableFrom = SmtpReply.Fixed(554, "5.6.0", "The From line of the message cannot be read");

    public static readonly SmtpReply NotYourFrom = SmtpReply.Fixed(
        550, "5.7.1", "The From line names an address you may not send from; set your mail program to send from your own address or an alias of it");
}
