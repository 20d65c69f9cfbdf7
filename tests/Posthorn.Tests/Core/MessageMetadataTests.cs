using Posthorn.Core.Bodies;

namespace Posthorn.Tests.Core;

public sealed class MessageMetadataTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Date_and_preview_are_read_at_delivery(bool isStream)
    {
        byte[] octets = "Date: Tue, 24 Nov 2026 04:52:14 +0100\r\nContent-Transfer-Encoding: base64\r\n\r\nR3LDvMOfZQ==\r\n"u8.ToArray();

        MessageMetadata metadata = isStream ? MessageMetadata.Read(new MemoryStream(octets)) : MessageMetadata.Read(octets);

        Assert.Equal(new DateTimeOffset(2026, 11, 24, 3, 52, 14, TimeSpan.Zero), metadata.Sent);
        Assert.Equal("Grüße", metadata.Preview);
    }
}
